package filter

import (
	"context"
	"net/netip"

	"sluice/filter/journal"
	"sluice/filter/wire"
	"sluice/policy"
	"sluice/scoring"
)

// Replay decides a recorded message again, by the rules in force, at the time that
// the server's clock shows. Everybody who was named as a recipient is asked about,
// whatever became of it the first time, and the score is that of the server's
// Scorer. A record of what was refused before there was a message is taken as far
// as it went.
//
// What a record does not tell is not replayed: each message has a connection of
// its own, so that connections at once and messages per connection count nothing.
func (s *Server) Replay(ctx context.Context, r *journal.Record) {
	session := s.session(ctx)
	session.replayed = true
	defer session.Close()
	c := Recorded(r)
	atConnect := c
	atConnect.Login, atConnect.TLS, atConnect.Helo = "", "", ""
	if refused(session.connect(atConnect)) || r.Stage == string(StageConnect) {
		return
	}
	if reply := session.mail(c, r.From, r.Size, r.QueueID); reply.Action != wire.Continue || r.Stage == string(StageMail) {
		return
	}
	t := session.tx
	t.messageID = r.MessageID
	t.kind, t.returned, t.unknown = scoring.Kind(r.Kind), r.Returned, r.RcptsUnknown
	t.skipped = true // the size is as declared
	if authors := recordedAuthors(r); authors != "" {
		t.header("From", authors)
	}
	for _, rcpt := range r.Rcpts {
		session.rcpt(rcpt)
	}
	for _, rcpt := range r.Refused {
		session.rcpt(rcpt.Rcpt)
	}
	if t.total > 0 && (r.Stage == "" || r.Stage == string(StageEnd)) {
		session.End(wire.NoEdits{}, noMacros{})
	}
}

// recordedAuthors is a From field of a record: of the authors it has the domains of
// the first, and of one that was not the sender's to use.
func recordedAuthors(r *journal.Record) string {
	if r.Author == "" {
		return ""
	}
	authors := "author@" + r.Author
	if a := r.Authorisation; a != nil && a.From == string(policy.InHeader) && a.Domain != "" && a.Domain != r.Author {
		authors += ", author@" + a.Domain
	}
	return authors
}

// Report is what the content of a recorded message scored. What was added because
// of its sender is left out: those who decide it again add theirs.
func Report(r *journal.Record) scoring.Report {
	report := scoring.Report{Set: scoring.Set(r.Set), Score: r.Score, Print: r.Print}
	for _, h := range r.Hits {
		if h.Rule == scoring.UnauthorisedRule {
			report.Score -= h.Points
			continue
		}
		report.Hits = append(report.Hits, scoring.Hit(h))
	}
	report.Add() // rounds
	return report
}

func refused(r wire.Reply) bool { return r.Action == wire.Tempfail || r.Action == wire.Reject }

// noMacros are those of a message that no MTA tells anything of.
type noMacros struct{}

func (noMacros) Get(string) string { return "" }

// Recorded is the client of a record.
func Recorded(r *journal.Record) policy.Client {
	c := policy.Client{
		Port:         r.Client.Port,
		Name:         r.Client.Name,
		Verified:     r.Client.Verified,
		Helo:         r.Client.Helo,
		Listener:     r.Listener,
		ListenerPort: r.Port,
		TLS:          r.Client.TLS,
		Login:        r.Client.Auth,
	}
	c.Addr, _ = netip.ParseAddr(r.Client.Addr)   // without one it is local
	c.Relay, _ = netip.ParseAddr(r.Client.Relay) // without one there was none
	return c
}
