package scoring

import (
	"log/slog"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sluice/policy/config"
)

// maxPoints is the most that anything may be worth, either way. It is
// absurdly large; what lies above is a slip of the keyboard.
const maxPoints = 10_000

// Compile turns a configuration into a Scorer. Paths are relative to dir. All
// mistakes become problems under their keys; if there are any, also of others
// before, the result is nil. A Scorer is to be closed when it is no longer
// used, unless another has been made of it by Renew.
func Compile(c Config, dir string, log *slog.Logger, ps *config.Problems) *Scorer {
	return new(Scorer).Renew(c, dir, log, ps)
}

// Renew is Compile for a configuration that is to replace that of s. The new
// Scorer takes over what s has learned and what takes time to make: the cached
// answers of blocklists, if servers and cache are configured as they were, and
// the compiled patterns of each field whose patterns are the same.
//
// s is not changed and goes on scoring messages that began with it, for as long
// as they last, up to the Close of a Scorer that shares its resolver. Of a
// Scorer and those renewed from it only the last is to be closed, at shutdown;
// the others, and a renewed one that is not put to use, are left to the
// garbage collector.
func (s *Scorer) Renew(c Config, dir string, log *slog.Logger, ps *config.Problems) *Scorer {
	next := &Scorer{log: log, timeout: time.Duration(c.Scoring.Timeout)}
	checkView(c.Scoring, ps)
	next.checks = builtinChecks(c.Scoring, ps)
	own, words := ownChecks(c.Rules, ps)
	next.checks = append(next.checks, own...)
	next.weigher = compileModel(c.Model, dir, ps)
	next.outbreaks = compileCampaign(c.Campaign, ps)
	next.lists = compileLists(c.Lists, dir, ps)
	zones := compileZones(c.Blocklists, ps)
	urllists, mentioned := compileURLLists(c.URLLists, dir, ps)
	next.urllists = urllists
	checkResolver(c.Resolver, ps)
	next.authenticator = compileAuthentication(c.Authentication, ps)
	next.compileClamav(c.Clamav, ps)
	if ps.Failed() {
		return nil
	}
	var err error
	if next.words, err = s.words.renew(slices.Concat(builtinWords(), words)); err != nil {
		ps.Errorf("rule", "the own rules together are too many or too large", "%v", err)
		return nil
	}
	next.openZones(zones, mentioned, c, s, ps)
	if ps.Failed() {
		return nil
	}
	return next
}

func checkView(c ViewConfig, ps *config.Problems) {
	if c.MaxView <= 0 {
		ps.Errorf("scoring.max_view", "1M is usual", "nothing of a message would be looked at")
	}
	if c.Timeout <= 0 {
		ps.Errorf("scoring.timeout", "5s is usual", "no check would have any time")
	}
}

// builtinChecks returns the built-in rules with the points that they have by
// configuration; those worth nothing are left out.
func builtinChecks(c ViewConfig, ps *config.Problems) []check {
	names := ruleNames()
	for _, name := range sortedKeys(c.Points) {
		if !slices.Contains(names, name) {
			ps.Errorf("scoring.points."+name, didYouMean(name, names), "there is no built-in rule %q", name)
		}
		checkPoints("scoring.points."+name, c.Points[name], ps)
	}
	for _, name := range c.Observe {
		if !slices.Contains(names, name) {
			ps.Errorf("scoring.observe", didYouMean(name, names), "there is no built-in rule %q", name)
		}
	}
	var checks []check
	for _, r := range builtin() {
		if p, ok := c.Points[r.name]; ok {
			r.points = always(p)
		}
		if r.points != always(0) {
			checks = append(checks, check{r.name, r.points, slices.Contains(c.Observe, r.name), r.find})
		}
	}
	return checks
}

func didYouMean(word string, known []string) string {
	if s := config.Suggest(word, known); s != "" {
		return "did you mean " + s + "?"
	}
	return ""
}

func sortedKeys(m map[string]float64) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// checkPoints refuses what is no number to add.
func checkPoints(key string, p float64, ps *config.Problems) {
	if math.IsNaN(p) || math.Abs(p) > maxPoints {
		ps.Errorf(key, "", "%v is out of range (-%d to %d)", p, maxPoints, maxPoints)
	}
}

// maxRuleName is the longest name of a rule or list, in bytes.
const maxRuleName = 40

// hitName is how something with a name in the configuration is called in
// reports: in upper case, with "_" for "-".
func hitName(key, prefix, name string, ps *config.Problems) string {
	upper := strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	bad := func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' }
	if upper == "" || len(upper) > maxRuleName || strings.ContainsFunc(upper, bad) {
		ps.Errorf(key, "letters, digits, - and _, at most 40", "the name %q cannot stand in a report", name)
	}
	return prefix + upper
}

// ownChecks compiles the operator's rules. Each is a wordlist of one pattern.
func ownChecks(rules config.Tables[RuleConfig], ps *config.Problems) (checks []check, words []wordlist) {
	builtins := ruleNames()
	taken := make(map[string]string)
	for name, c := range rules.All() {
		key := "rule." + name
		hit := hitName(key, "", name, ps)
		if hit == ModelRule || hit == LearnedRule {
			ps.Errorf(key, "choose another name", "%s is the model's word in reports", hit)
		}
		if isOutcome(hit) {
			ps.Errorf(key, "choose another name", "reports call an outcome of authentication %s", hit)
		}
		if hit == CampaignRule {
			ps.Errorf(key, "choose another name", "reports call a campaign %s", hit)
		}
		if hit == UnauthorisedRule {
			ps.Errorf(key, "choose another name", "reports call mail in the name of somebody else's domain %s", hit)
		}
		if slices.Contains(builtins, hit) {
			ps.Errorf(key, "its points are set by scoring.points."+hit, "%s is a built-in rule", hit)
		}
		if other, ok := taken[hit]; ok {
			ps.Errorf(key, "", "reports cannot tell it from rule %q", other)
		}
		taken[hit] = name
		if err := checkPattern(c.Pattern); err != nil {
			ps.Errorf(key+".pattern", "regular expressions have RE2 syntax", "%v", err)
		}
		list := "own:" + hit
		words = append(words, wordlist{list, ruleField(key, c.Field, ps), patterns(c.Pattern)})
		checks = append(checks, check{hit, rulePoints(key, c, ps), c.Observe, ownRule(list, c.Note)})
	}
	return checks, words
}

// ownRule holds when its pattern is found; the note is the operator's and what
// was found.
func ownRule(list, note string) func(*facts) (string, bool) {
	find := atLeast(1, list)
	return func(f *facts) (string, bool) {
		quote, found := find(f)
		if note != "" {
			quote = note + ": " + quote
		}
		return quote, found
	}
}

// ruleField checks the field of an own rule and returns it in its one form.
func ruleField(key, field string, ps *config.Problems) string {
	if name, ok := strings.CutPrefix(field, fieldHeader); ok {
		bad := func(r rune) bool { return r <= ' ' || r > '~' || r == ':' } // RFC 5322 section 3.6.8
		if name == "" || strings.ContainsFunc(name, bad) {
			ps.Errorf(key+".field", "such as header:X-Mailer", "%q names no header field", field)
		}
		return fieldHeader + strings.ToLower(name)
	}
	if !slices.Contains(ownFields, field) {
		hint := didYouMean(field, ownFields)
		if hint == "" {
			hint = "one of " + strings.Join(ownFields, ", ") + ", header:NAME"
		}
		ps.Errorf(key+".field", hint, "there is no field %q", field)
	}
	return field
}

// rulePoints returns what an own rule is worth in the sets that it names.
func rulePoints(key string, c RuleConfig, ps *config.Problems) points {
	checkPoints(key+".points", c.Points, ps)
	if c.Points == 0 {
		ps.Warnf(key+".points", "", "the rule is worth nothing and is not recorded")
	}
	if len(c.Sets) == 0 {
		return always(c.Points)
	}
	var p points
	for _, set := range c.Sets {
		switch Set(set) {
		case Direct:
			p.direct = c.Points
		case Relayed:
			p.relayed = c.Points
		case Authenticated:
			p.authenticated = c.Points
		default:
			names := []string{string(Direct), string(Relayed), string(Authenticated)}
			ps.Errorf(key+".sets", didYouMean(set, names), "there is no score set %q", set)
		}
	}
	return p
}

// checkResolver checks the DNS servers and bounds, whether or not a blocklist
// needs them.
func checkResolver(c ResolverConfig, ps *config.Problems) {
	for _, server := range c.Servers {
		if _, err := netip.ParseAddrPort(server); err != nil {
			ps.Errorf("resolver.servers", "address and port: 127.0.0.1:53, [::1]:53", "%q is no DNS server", server)
		}
	}
	if c.Timeout <= 0 {
		ps.Errorf("resolver.timeout", "2s is usual", "no answer would come in time")
	}
	if c.Cache <= 0 {
		ps.Errorf("resolver.cache", "100000 is usual", "%d answers cannot be kept", c.Cache)
	}
}
