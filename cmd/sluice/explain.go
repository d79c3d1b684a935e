package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sluice/cmd/sluice/internal/control"
	"sluice/cmd/sluice/internal/daemon"
	"sluice/filter"
	"sluice/filter/journal"
	"sluice/policy"
	"sluice/policy/standing"
)

func explainCommand(path *string) *cobra.Command {
	var asJSON, unverified bool
	var c policy.Client
	var listener, tls, from string
	cmd := &cobra.Command{
		Use:   "explain REF|QUEUEID|SENDER",
		Short: "Say why: the path of one decision, or what holds for one sender and how that came about",
		Long: "With a reference or a queue id, explain prints the path of that decision from the journal.\n" +
			"With an address, a login (bob@example.net, login:bob) or \"local\", it prints the sender groups\n" +
			"that are considered for such a client, why each matches or not, and the policy that holds;\n" +
			"with --from also whether it may use that address, by whose domain it is. If Sluice is\n" +
			"running, it also says where the sender stands, by which evidence, and since when.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c.Verified = c.Name != "" && !unverified
			c.TLS = tls
			c.Listener = listener
			if port, err := strconv.ParseUint(listener, 10, 16); err == nil {
				c.Listener, c.ListenerPort = "", uint16(port)
			}
			args[0] = strings.TrimPrefix(args[0], "ref=") // as the log has it
			isSender, err := whom(args[0], &c)
			if err != nil {
				return err
			}
			if !isSender {
				return explainRecord(cmd, *path, args[0], asJSON)
			}
			return explainClient(cmd, *path, c, from, asJSON)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&asJSON, "json", false, "JSON instead of words")
	flags.StringVar(&c.Login, "user", "", "the client's login")
	flags.StringVar(&from, "from", "", "an address that the client might send from")
	flags.StringVar(&c.Helo, "helo", "", "the client's HELO name")
	flags.StringVar(&c.Name, "name", "", "the client's PTR name, verified forward")
	flags.BoolVar(&unverified, "unverified", false, "the PTR name is not verified forward")
	flags.StringVar(&listener, "listener", "", "name or port of the MTA's listener")
	flags.StringVar(&tls, "tls", "", "TLS version of the connection, such as TLSv1.3")
	return cmd
}

// whom takes a sender apart, and says whether it is one. Anything else may be a
// reference or a queue id.
func whom(sender string, c *policy.Client) (is bool, err error) {
	if sender == policy.Local {
		return true, nil
	}
	if login, isLogin := strings.CutPrefix(sender, "login:"); isLogin || strings.Contains(sender, "@") {
		c.Login = login
		return true, nil
	}
	text := strings.TrimPrefix(sender, "ip:")
	if network, err := netip.ParsePrefix(text); err == nil {
		c.Addr = network.Addr().Unmap()
		return true, nil
	}
	addr, err := netip.ParseAddr(text)
	switch {
	case err == nil:
		c.Addr = addr.Unmap()
		return true, nil
	case strings.ContainsAny(sender, ".:/"):
		return false, fmt.Errorf("%q is no address (to ask about a name: an address and --name)", sender)
	}
	return false, nil
}

// explainClient prints the groups that are considered for a client, and whether it
// may use an address, unless that is empty.
func explainClient(cmd *cobra.Command, path string, c policy.Client, from string, asJSON bool) error {
	rules, err := loadRules(cmd, path)
	if err != nil {
		return err
	}
	steps := rules.Policy.Explain(c)
	flow := rules.Policy.Match(c).Flow
	known, missing := knownOf(cmd, path, flow.Key.Sender(c))
	w := cmd.OutOrStdout()
	if asJSON {
		e := explained(rules.Policy, c, from)
		e.Known = known
		return json.NewEncoder(w).Encode(e)
	}
	if path == "" {
		fmt.Fprintln(w, "config   "+builtIn)
	}
	fmt.Fprintf(w, "client   %s\nsender   %s\n", describeClient(c), flow.Key.Sender(c))
	if relay := rules.Policy.Relay(c.Addr); relay != nil {
		fmt.Fprintf(w, "relay    %s: an incoming relay, its clients are looked up by what its header says\n", relay.Name)
	}
	printSteps(w, "group    ", steps)
	fmt.Fprintf(w, "policy   %s: access %s, set %s, reputation %s, mode %s\n",
		flow.Name, flow.Access, flow.Set, onOff(flow.Reputation), flow.Mode)
	if from != "" {
		fmt.Fprintf(w, "from     %s\n", authorised(rules.Policy, c, from))
	}
	if _, refused := flow.Refuse(); refused {
		return nil // nobody gets as far as a score or a limit
	}
	at := journal.Thresholds(flow.Thresholds)
	fmt.Fprintf(w, "scores   %s\n", cmp.Or(at.Words(), "whatever they are, nothing is done"))
	for _, limit := range flow.Limits() {
		fmt.Fprintf(w, "limit    %s\n", limit)
	}
	if known == nil {
		fmt.Fprintf(w, "standing %s\n", missing)
		return nil
	}
	fmt.Fprintln(w)
	printSender(w, *known)
	return nil
}

// knownOf asks the running Sluice about a sender. Without an answer it says why.
func knownOf(cmd *cobra.Command, path, sender string) (known *control.Sender, missing string) {
	c, err := daemon.ReadConfig(path)
	if err != nil {
		return nil, err.Error()
	}
	socket := c.ControlSocket()
	if socket == "" {
		return nil, "not known: the configuration has no control socket"
	}
	s, err := control.NewClient(socket).Sender(cmd.Context(), sender)
	if err != nil {
		return nil, "not known: " + err.Error()
	}
	return &s, ""
}

// printSteps prints the groups that were considered, one a line.
func printSteps(w io.Writer, label string, steps []policy.Step) {
	for _, s := range steps {
		mark := "no "
		if s.Matched {
			mark = "YES"
		}
		fmt.Fprintf(w, "%s%s %s: %s\n", label, mark, s.Group, s.Why)
	}
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

func describeClient(c policy.Client) string {
	s := policy.Local
	if c.Addr.IsValid() {
		s = c.Addr.String()
	}
	for _, fact := range []struct{ name, value string }{
		{"name", c.Name}, {"helo", c.Helo}, {"listener", c.Listener}, {"tls", c.TLS}, {"login", c.Login},
	} {
		if fact.value != "" {
			s += ", " + fact.name + " " + fact.value
		}
	}
	return s
}

type explainedGroup struct {
	Group   string `json:"group"`
	Policy  string `json:"policy"`
	Matched bool   `json:"matched"`
	Why     string `json:"why"`
}

type explainedClient struct {
	Sender string           `json:"sender"`
	Policy string           `json:"policy"`
	Groups []explainedGroup `json:"groups"`
	Known  *control.Sender  `json:"known,omitempty"` // by the running Sluice
	From   *explainedFrom   `json:"from,omitempty"`
}

func explained(rules *policy.Rules, c policy.Client, from string) explainedClient {
	flow := rules.Match(c).Flow
	e := explainedClient{Sender: flow.Key.Sender(c), Policy: flow.Name}
	for _, s := range rules.Explain(c) {
		e.Groups = append(e.Groups, explainedGroup(s))
	}
	if from != "" {
		e.From = explainFrom(rules, c, from)
	}
	return e
}

// explainRecord prints the decision records of a reference or queue id.
func explainRecord(cmd *cobra.Command, path, id string, asJSON bool) error {
	loaded, err := loadConfig(cmd, path)
	if err != nil {
		return err
	}
	reader, err := openJournal(loaded)
	if err != nil {
		return failure(cmd, err)
	}
	defer reader.Close()
	records, err := reader.Find(cmd.Context(), id)
	if err != nil {
		return failure(cmd, err)
	}
	if len(records) == 0 {
		return failure(cmd, fmt.Errorf("no decision under %q: neither a reference nor a queue id in %s, and no address", id, journalFile(loaded)))
	}
	return printRecords(cmd.OutOrStdout(), records, loaded, asJSON)
}

func journalFile(l *daemon.Loaded) string {
	return filepath.Join(l.Config.State.Directory, journal.File)
}

// openJournal opens the journal of a configuration for reading.
func openJournal(l *daemon.Loaded) (*journal.Reader, error) {
	if l.Config.State.Directory == "" {
		return nil, errors.New("state.directory is empty: there is no journal")
	}
	reader, err := journal.OpenReader(journalFile(l))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no journal at %s yet (is -c the file that serve runs with?)", journalFile(l))
	}
	return reader, err
}

// printRecords prints decision records, and with each the groups that are
// considered for its client today.
func printRecords(w io.Writer, records []journal.Record, loaded *daemon.Loaded, asJSON bool) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for i := range records {
		if asJSON {
			if err := encoder.Encode(&records[i]); err != nil {
				return err
			}
			continue
		}
		if i > 0 {
			fmt.Fprintln(w, strings.Repeat("-", 72))
		}
		if err := records[i].Explain(w); err != nil {
			return err
		}
		by := "the configuration as it is now"
		if loaded.Path == "" {
			by = "the " + builtIn
		}
		fmt.Fprintf(w, "\nGroups considered for this client, by %s:\n", by)
		printSteps(w, "  ", loaded.Rules.Policy.Explain(filter.Recorded(&records[i])))
		if r := records[i]; len(r.Evidence) > 0 || r.Standing != "" && r.Standing != standing.Clean.String() {
			fmt.Fprintf(w, "\nWhat is known of the sender: sluice sender show %s\n", r.Sender)
		}
	}
	return nil
}
