package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"sluice/filter"
	"sluice/policy"
	"sluice/scoring"
)

// scoreOptions are the flags of score.
type scoreOptions struct {
	asJSON  bool
	explain bool
	client  string
	user    string
	set     string
	from    string
}

// scored is one line of sluice score --json.
type scored struct {
	Path    string      `json:"path"`
	Score   float64     `json:"score"`
	Set     string      `json:"set"`
	Action  string      `json:"action"`
	Hits    []scoredHit `json:"hits"`
	Skipped []skipped   `json:"skipped"`
	Bytes   int64       `json:"bytes"`
	Micros  int64       `json:"micros"`

	group, policy string // of the client
}

type scoredHit struct {
	Rule   string  `json:"rule"`
	Points float64 `json:"points"`
	Note   string  `json:"note"`
}

type skipped struct {
	Check string `json:"check"`
	Why   string `json:"why"`
}

func scoreCommand(path *string) *cobra.Command {
	var o scoreOptions
	cmd := &cobra.Command{
		Use:   "score PATH...",
		Short: "Score messages off line",
		Long: "Score reads messages (files, or folders of .eml files, with LF or CRLF line ends; - for\n" +
			"standard input) and prints what the policy of the given client would make of their content.\n" +
			"Without --client it is mail that the relay itself submits (\"local\" in the configuration).",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			loaded, err := loadConfig(cmd, *path)
			if err != nil {
				return err
			}
			rules := loaded.Rules
			client, err := o.policyClient()
			if err != nil {
				return err
			}
			match := rules.Policy.Match(client)
			job := scoreJob{rules: rules, group: match.Group, flow: match.Flow, input: scoring.Input{
				Client: client.Addr,
				From:   o.from,
			}}
			if err := job.choose(o.set); err != nil {
				return err
			}
			if o.explain {
				return job.explain(cmd, loaded.Scorer, args)
			}
			if !o.asJSON {
				sayIfBuiltIn(cmd.OutOrStdout(), *path)
			}
			return job.run(cmd, args, o.asJSON)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.asJSON, "json", false, "one JSON object per message and line")
	flags.BoolVar(&o.explain, "explain", false, "say in sentences what each rule means, and how the model came to its points")
	flags.StringVar(&o.client, "client", "", "address of the client that sends (decides the group and with it the policy)")
	flags.StringVar(&o.user, "user", "", "login of the client")
	flags.StringVar(&o.from, "from", "", "envelope sender")
	flags.StringVar(&o.set, "set", "", "score set, whatever the policy says: direct, relayed or authenticated")
	return cmd
}

func (o scoreOptions) policyClient() (policy.Client, error) {
	c := policy.Client{Login: o.user}
	if o.client == "" {
		return c, nil
	}
	addr, err := netip.ParseAddr(o.client)
	if err != nil {
		return c, fmt.Errorf("--client: %q is no address", o.client)
	}
	c.Addr = addr.Unmap()
	return c, nil
}

// scoreJob scores messages one after the other, all in one context.
type scoreJob struct {
	rules *filter.Rules
	group string
	flow  *policy.Flow
	input scoring.Input
}

// choose sets the score set: the policy's, or the one that is asked for.
func (j *scoreJob) choose(name string) error {
	set := j.flow.Set
	if name != "" {
		if err := set.UnmarshalText([]byte(name)); err != nil {
			return fmt.Errorf("--set: %w", err)
		}
	}
	j.input.Set = scoring.Set(set.String())
	j.input.Reputation = set == policy.Direct && j.flow.Reputation
	return nil
}

func (j *scoreJob) run(cmd *cobra.Command, args []string, asJSON bool) error {
	paths, errs := messages(args)
	for _, err := range errs {
		fmt.Fprintln(cmd.ErrOrStderr(), "sluice:", err)
	}
	failed := len(errs) > 0
	if len(paths) == 0 {
		return exitCode(exitFailed)
	}
	report := tableReport(cmd.OutOrStdout(), len(paths))
	if asJSON {
		report = jsonReport(cmd.OutOrStdout())
	}
	bar := newBar(cmd.ErrOrStderr(), "scoring", len(paths))
	defer bar.stop()
	for _, path := range paths {
		line, err := j.score(cmd.Context(), path, cmd.InOrStdin())
		bar.step()
		if err != nil {
			fmt.Fprintln(cmd.ErrOrStderr(), "sluice:", err)
			failed = true
			continue
		}
		report.add(line)
	}
	report.end()
	if failed {
		return exitCode(exitFailed)
	}
	return nil
}

func (j *scoreJob) score(ctx context.Context, path string, stdin io.Reader) (scored, error) {
	if err := ctx.Err(); err != nil {
		return scored{}, err
	}
	begun := time.Now()
	message, err := readMessage(j.rules, path, stdin)
	if err != nil {
		return scored{}, err
	}
	input := j.input
	input.Now = begun
	report, err := j.rules.Scorer.Score(ctx, message, input)
	if err != nil {
		return scored{}, fmt.Errorf("score %s: %w", path, err)
	}
	line := scored{
		Path:    path,
		Score:   report.Score,
		Set:     string(report.Set),
		Action:  j.flow.Judge(report.Score).Action.String(),
		Hits:    []scoredHit{},
		Skipped: []skipped{},
		Bytes:   message.Size(),
		Micros:  time.Since(begun).Microseconds(),
		group:   j.group,
		policy:  j.flow.Name,
	}
	for _, h := range report.Hits {
		line.Hits = append(line.Hits, scoredHit{h.Rule, h.Points, h.Note})
	}
	for _, s := range report.Skipped {
		line.Skipped = append(line.Skipped, skipped{s.Check, s.Why})
	}
	return line, nil
}

// readMessage reads and parses a file, or standard input for "-".
func readMessage(rules *filter.Rules, path string, stdin io.Reader) (*scoring.Message, error) {
	r := stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		r = f
	}
	m := scoring.NewMessage(rules.MaxView)
	m.Keep(rules.Keep)
	if err := m.Read(r); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return m, nil
}

// messages turns files and folders into a list of files. What cannot be read is
// an error of its own.
func messages(args []string) (paths []string, errs []error) {
	for _, arg := range args {
		if arg == "-" {
			paths = append(paths, arg)
			continue
		}
		filepath.WalkDir(arg, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				errs = append(errs, err)
				return nil
			}
			if entry.Type().IsRegular() && (path == arg || strings.EqualFold(filepath.Ext(path), ".eml")) {
				paths = append(paths, path)
			}
			return nil
		})
	}
	if len(paths)+len(errs) == 0 {
		errs = append(errs, fmt.Errorf("no .eml file in %s", strings.Join(args, ", ")))
	}
	return paths, errs
}

// reporter takes the results as they come.
type reporter struct {
	add func(scored)
	end func()
}

func jsonReport(w io.Writer) reporter {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return reporter{add: func(s scored) { encoder.Encode(s) }, end: func() {}}
}

// tableReport prints a table, and for a single message each rule on its line.
func tableReport(w io.Writer, n int) reporter {
	t := plainTable(w)
	if n == 1 {
		return reporter{add: func(s scored) { single(w, t, s) }, end: func() {}}
	}
	t.AppendHeader(table.Row{"score", "action", "message", "why"})
	return reporter{
		add: func(s scored) { t.AppendRow(table.Row{fmt.Sprintf("%.2f", s.Score), s.Action, s.Path, s.why()}) },
		end: func() { t.Render() },
	}
}

func single(w io.Writer, t table.Writer, s scored) {
	fmt.Fprintf(w, "%s: %.2f points (group %s, policy %s, set %s), %s\n", s.Path, s.Score, s.group, s.policy, s.Set, s.Action)
	for _, h := range s.Hits {
		t.AppendRow(table.Row{fmt.Sprintf("%6.2f", h.Points), h.Rule, h.Note})
	}
	for _, skip := range s.Skipped {
		t.AppendRow(table.Row{"-", skip.Check, "skipped: " + skip.Why})
	}
	t.Render()
}

// why names the strongest rules, and says how many others there are.
func (s scored) why() string {
	const strongest = 4
	var names []string
	for _, h := range s.Hits[:min(len(s.Hits), strongest)] {
		names = append(names, h.Rule)
	}
	if others := len(s.Hits) - len(names); others > 0 {
		names = append(names, fmt.Sprintf("+%d", others))
	}
	return strings.Join(names, " ")
}

// bar shows progress on a terminal, and nothing elsewhere.
type bar struct {
	writer  progress.Writer
	tracker *progress.Tracker
}

func newBar(w io.Writer, message string, total int) bar {
	f, isFile := w.(*os.File)
	if !isFile || !isatty.IsTerminal(f.Fd()) || total < 2 {
		return bar{}
	}
	b := bar{writer: progress.NewWriter(), tracker: &progress.Tracker{Message: message, Total: int64(total)}}
	b.writer.SetOutputWriter(f)
	b.writer.SetAutoStop(true)
	b.writer.SetStyle(progress.StyleBlocks)
	b.writer.AppendTracker(b.tracker)
	go b.writer.Render()
	return b
}

func (b bar) step() { b.add(1) }

func (b bar) add(n int) {
	if b.tracker != nil {
		b.tracker.Increment(int64(n))
	}
}

func (b bar) stop() {
	if b.writer == nil {
		return
	}
	b.tracker.MarkAsDone()
	for b.writer.IsRenderInProgress() {
		time.Sleep(10 * time.Millisecond)
	}
}
