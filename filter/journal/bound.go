package journal

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds on what a peer controls, so that the queue and the database have a
// size that is known: a record takes 150 KB at the very most.
const (
	maxText   = 320 // bytes of one text: the longest mailbox is 64+1+255 (RFC 5321 section 4.5.3.1)
	maxRcpts  = 100 // recipients that are named; RcptsTotal counts all
	maxLimits = 100 // limits that are named: some are per recipient domain
)

// bounded returns a copy of the record within the bounds, its texts in valid
// UTF-8. The copy shares no text longer than maxText with the original.
func bounded(r *Record) *Record {
	b := *r
	for _, s := range []*string{
		&b.QueueID, &b.MessageID, &b.Listener, &b.From, &b.Sender, &b.Failure,
		&b.Client.Name, &b.Client.Helo, &b.Client.Auth, &b.Client.TLS,
		&b.Verdict.Text, &b.Verdict.Detail,
	} {
		*s = clip(*s)
	}
	b.Rcpts = make([]string, min(len(r.Rcpts), maxRcpts))
	for i := range b.Rcpts {
		b.Rcpts[i] = clip(r.Rcpts[i])
	}
	b.Refused = slices.Clone(r.Refused[:min(len(r.Refused), maxRcpts)])
	for i := range b.Refused {
		b.Refused[i].Rcpt, b.Refused[i].Detail = clip(b.Refused[i].Rcpt), clip(b.Refused[i].Detail)
	}
	b.Limits = make([]Limit, min(len(r.Limits), maxLimits))
	for i := range b.Limits {
		b.Limits[i] = r.Limits[i]
		b.Limits[i].Key = clip(r.Limits[i].Key)
	}
	if r.Returned != nil {
		returned := *r.Returned
		returned.MessageID = clip(returned.MessageID)
		returned.Rcpts = make([]string, min(len(r.Returned.Rcpts), maxRcpts))
		for i := range returned.Rcpts {
			returned.Rcpts[i] = clip(r.Returned.Rcpts[i])
		}
		b.Returned = &returned
	}
	b.RcptsTotal = max(r.RcptsTotal, len(r.Rcpts))
	return &b
}

// clip shortens a text to maxText bytes, between two characters. Bytes that
// are no UTF-8 become question marks, as JSON could not tell them apart.
func clip(s string) string {
	if len(s) > maxText {
		end := maxText
		for end > maxText-utf8.UTFMax && !utf8.RuneStart(s[end]) {
			end--
		}
		s = strings.Clone(s[:end])
	}
	return strings.ToValidUTF8(s, "?")
}
