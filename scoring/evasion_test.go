package scoring

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

const secretPhrase = "the secret phrase"

// viewOf returns the view of a message given with LF line ends, fed the way an
// MTA does: header fields one by one, the body with CRLF, in two chunks.
func viewOf(t testing.TB, eml string) *Message {
	t.Helper()
	m := NewMessage(1 << 20)
	head, body, _ := strings.Cut(eml, "\n\n")
	for field := range strings.SplitSeq(head, "\n") {
		name, value, found := strings.Cut(field, ":")
		if !found {
			t.Fatalf("the test message has a malformed field: %q", field)
		}
		m.AddHeader(name, strings.TrimPrefix(value, " "))
	}
	body = strings.ReplaceAll(body, "\n", "\r\n")
	m.Write([]byte(body[:len(body)/2]))
	m.Write([]byte(body[len(body)/2:]))
	m.Parse()
	return m
}

func base64Of(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func utf16Of(s string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		b.WriteByte(byte(u))
		b.WriteByte(byte(u >> 8))
	}
	return b.String()
}

// mixed is a container with the boundary "b"; body is all that comes after
// the header of the message.
func mixed(body string) string {
	return "Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" + body
}

// plainPart is a closed container with one text part.
func plainPart(boundary, text string) string {
	return "--" + boundary + "\nContent-Type: text/plain\n\n" + text + "\n--" + boundary + "--\n"
}

func nested(depth int, innermost string) string {
	var b strings.Builder
	b.WriteString("Subject: x\nContent-Type: multipart/mixed; boundary=b0\n\n")
	for i := range depth {
		fmt.Fprintf(&b, "--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", i, i+1)
	}
	b.WriteString(plainPart(fmt.Sprintf("b%d", depth), innermost))
	for i := depth - 1; i >= 0; i-- {
		fmt.Fprintf(&b, "--b%d--\n", i)
	}
	return b.String()
}

// evasions are messages that mail readers show and some parsers lose. The
// token is "" where the form is legal.
var evasions = []struct {
	name, eml, token string
}{
	{"a preamble line over 4 KB before the first boundary", mixed(strings.Repeat("x", 5000) + "\n" + plainPart("b", secretPhrase)), OddPreambleLong},
	{"a From line before the header of an attached message", mixed("--b\nContent-Type: message/rfc822\n\nFrom a@example.com Thu Jan  1 00:00:00 2026\nSubject: y\n\n" + secretPhrase + "\n--b--\n"), OddMboxFromLine},
	{"a part without a blank line", mixed("--b\nContent-Type: text/plain\n" + secretPhrase + "\n--b--\n"), OddPartNoBlankLine},
	{"a part of one line that looks like a field", mixed("--b\nNote: " + secretPhrase + "\n--b--\n"), OddPartNoBlankLine},
	{"base64 (x)", "Content-Transfer-Encoding: base64 (x)\n\n" + base64Of(secretPhrase) + "\n", OddEncodingComment},
	{"two different transfer encodings", "Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n\n" + base64Of(secretPhrase) + "\n", OddEncodingUnknown},
	{"an unknown transfer encoding", "Content-Transfer-Encoding: x-base64\n\n" + base64Of(secretPhrase) + "\n", OddEncodingUnknown},
	{"base64 with junk", "Content-Transfer-Encoding: base64\n\n" + base64Of(secretPhrase)[:7] + "!*\n-" + base64Of(secretPhrase)[7:] + "\n", OddBase64Junk},
	{"base64 with padding in the middle", "Content-Transfer-Encoding: base64\n\n" + base64Of("the secr") + "\n" + base64Of("et phrase") + "\n", OddBase64Junk},
	{"base64 without padding", "Content-Transfer-Encoding: base64\n\n" + strings.TrimRight(base64Of(secretPhrase+"!!"), "=") + "\n", ""},
	{"a base64 container", "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n" + base64Of("--b\nContent-Type: text/plain\n\n"+secretPhrase+"\n--b--\n") + "\n", OddBoundaryMissing},
	{"quoted-printable with junk", "Content-Transfer-Encoding: quoted-printable\n\n\x01 =ZZ the sec=\nret=20phrase\n", OddQuotedJunk},
	{"a missing final boundary", mixed("--b\nContent-Type: text/plain\n\n" + secretPhrase + "\n"), OddBoundaryUnclosed},
	{"text after the final boundary", mixed(plainPart("b", "nothing") + plainPart("b", secretPhrase)), OddBoundaryReopened},
	{"CR-only newlines", mixed(strings.ReplaceAll(plainPart("b", secretPhrase), "\n", "\r")), OddBareCR},
	{"nesting 1,000 deep", nested(1000, secretPhrase), OddMIMEDepth},
	{"20,000 tiny parts", mixed(strings.Repeat("--b\n\nx\n", 20_000) + plainPart("b", secretPhrase)), OddMIMEParts},
	{"a Content-Type with 10,000 parameters", "Content-Type: multipart/mixed" + strings.Repeat("; a=b", 10_000) + "; boundary=b\n\n" + plainPart("b", secretPhrase), OddContentTypeLong},
	{"a 100 KB header line", "X: " + strings.Repeat("x", 100<<10) + "\n\n" + secretPhrase + "\n", OddHeaderLong},
	{"10,000 header lines", strings.Repeat("X: y\n", 10_000) + "Content-Transfer-Encoding: base64\n\n" + base64Of(secretPhrase) + "\n", OddHeadersMany},
	{"half a megabyte of header", strings.Repeat("X: "+strings.Repeat("y", 30_000)+"\n", 20) + "Content-Transfer-Encoding: base64\n\n" + base64Of(secretPhrase) + "\n", OddHeadersMany},
	{"10,000 header lines of a part", mixed("--b\n" + strings.Repeat("X: y\n", 10_000) + "Content-Transfer-Encoding: base64\n\n" + base64Of(secretPhrase) + "\n--b--\n"), OddHeadersMany},
	{"10,000 header lines of an attached message", mixed("--b\nContent-Type: message/rfc822\n\n" + strings.Repeat("X: y\n", 10_000) + "Content-Transfer-Encoding: base64\n\n" + base64Of(secretPhrase) + "\n--b--\n"), OddHeadersMany},
	{"an encoding behind a comment of 33 KB", "Content-Transfer-Encoding: (" + strings.Repeat("x", 33<<10) + ") base64\n\n" + base64Of(secretPhrase) + "\n", OddHeaderLong},
	{"two boundaries, the first wrong", "Content-Type: multipart/mixed; boundary=a; boundary=b\n\n" + plainPart("b", secretPhrase), OddBoundaryDuplicate},
	{"two boundaries, the second wrong", "Content-Type: multipart/mixed; boundary=b; boundary=a\n\n" + plainPart("b", secretPhrase), OddBoundaryDuplicate},
	{"a boundary that does not occur", "Content-Type: multipart/mixed; boundary=a\n\n" + plainPart("b", secretPhrase), OddBoundaryMissing},
	{"a container without boundary", "Content-Type: multipart/mixed\n\n" + plainPart("b", secretPhrase), OddBoundaryMissing},
	{"a container without parts", "Content-Type: multipart/mixed; boundary=b\n\n" + secretPhrase + "\n", OddBoundaryMissing},
	{"two Content-Types, plain first", "Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\n" + base64Of(secretPhrase) + "\n--b--\n", OddContentTypeDuplicate},
	{"two Content-Types, multipart first", "Content-Type: multipart/mixed; boundary=b\nContent-Type: text/plain\n\n--b\nContent-Transfer-Encoding: base64\n\n" + base64Of(secretPhrase) + "\n--b--\n", OddContentTypeDuplicate},
	{"an unquoted boundary with specials", "Content-Type: multipart/mixed; boundary=----=_Part(1)/2:3\n\n" + plainPart("----=_Part(1)/2:3", secretPhrase), OddContentTypeMalformed},
	{"a quoted boundary", "Content-Type: multipart/mixed; boundary=\"a b\"\n\n" + plainPart("a b", secretPhrase), ""},
	{"an RFC 2231 boundary", "Content-Type: multipart/mixed; boundary*0=\"a\"; boundary*1=\"b\"\n\n" + plainPart("ab", secretPhrase), ""},
	{"a boundary that begins like another", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=bb\n\n" + plainPart("bb", secretPhrase) + "--b--\n", ""},
	{"white space after a boundary", mixed("--b \t\nContent-Type: text/plain\n\n" + secretPhrase + "\n--b--  \n"), ""},
	{"a wrong charset name", "Content-Type: text/plain; charset=klingon\n\n" + secretPhrase + "\n", OddCharsetUnknown},
	{"Latin-1 that claims to be UTF-8", "Content-Type: text/plain; charset=utf-8\n\n\xe9\xe8 " + secretPhrase + "\n", OddCharsetWrong},
	{"UTF-7", "Content-Type: text/plain; charset=utf-7\n\nthe +AHMAZQBjAHIAZQB0- phrase\n", OddCharsetUTF7},
	{"UTF-16 text", "Content-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: base64\n\n" + base64Of("\xff\xfe"+utf16Of(secretPhrase)) + "\n", OddCharsetUTF16},
	{"UTF-16 text that claims nothing", "Content-Transfer-Encoding: base64\n\n" + base64Of(utf16Of(secretPhrase)) + "\n", OddCharsetUTF16},
	{"an attached message", mixed("--b\nContent-Type: message/rfc822\n\nSubject: y\n\n" + secretPhrase + "\n--b--\n"), ""},
	{"an attached message in base64", mixed("--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + base64Of("Subject: y\n\n"+secretPhrase+"\n") + "\n--b--\n"), ""},
	{"the subject of an attached message", mixed("--b\nContent-Type: message/rfc822\n\nSubject: " + secretPhrase + "\n\ntext\n--b--\n"), ""},
	{"a part of a digest", "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: y\nContent-Transfer-Encoding: base64\n\n" + base64Of(secretPhrase) + "\n--b--\n", ""},
	{"text that claims to be binary", mixed("--b\nContent-Type: application/octet-stream\n\n" + secretPhrase + "\n--b--\n"), OddTextAsBinary},
	{"text of a type that does not exist", "Content-Type: x-foo/bar\n\n" + secretPhrase + "\n", OddTextAsBinary},
	{"HTML in text/plain", "Content-Type: text/plain\n\n<html><body>the <b>secret</b> phrase</body></html>\n", OddHTMLInPlain},
	{"NUL bytes", "Content-Type: text/plain\n\nabout th\x00e se\x00cret phrase\n", OddNUL},
	{"zero-width characters", "Content-Type: text/plain; charset=utf-8\n\nthe se\u200bcr\u2060et phrase\n", OddZeroWidth},
	{"soft hyphens", "Content-Type: text/html; charset=utf-8\n\n<p>the se&shy;cret phrase\n", OddSoftHyphen},
	{"spaces that are no spaces", "Content-Type: text/plain; charset=utf-8\n\nthe\u00a0secret\u2003phrase\n", ""},
	{"HTML of too many tags", "Content-Type: text/html\n\n" + strings.Repeat("<b>", maxHTMLTokens) + "the <b>secret<b> phrase", OddHTMLCut},
	{"a malformed Content-Type", "Content-Type: text/html;;; charset==\"\n\nthe <i>secret</i> phrase\n", OddContentTypeMalformed},
	{"an empty Content-Type", "Content-Type: \n\n" + secretPhrase + "\n", ""},
}

func TestEvasionsKeepTheText(t *testing.T) {
	for _, c := range evasions {
		t.Run(c.name, func(t *testing.T) {
			m := viewOf(t, c.eml)
			if !strings.Contains(strings.Join(strings.Fields(m.Text()), " "), secretPhrase) {
				t.Errorf("text is lost: %.300q, oddities %v, parts %.500v", m.Text(), m.Oddities(), m.Parts())
			}
			if c.token != "" && !m.Odd(c.token) {
				t.Errorf("oddities %v, want %q", m.Oddities(), c.token)
			}
			if c.token == "" && len(m.Oddities()) > 0 {
				t.Errorf("oddities %v, want none", m.Oddities())
			}
			checkBounds(t, m)
		})
	}
}

// Every oddity is shown by some message, so none is only documented.
func TestEvasionsCoverTheOddities(t *testing.T) {
	elsewhere := []string{ // in tests of their own
		OddHeaderMalformed, OddTextCut, OddURLsMany, OddParserFailed,
	}
	var shown []string
	for _, c := range evasions {
		shown = append(shown, c.token)
	}
	for _, token := range allOddities {
		if !slices.Contains(shown, token) && !slices.Contains(elsewhere, token) {
			t.Errorf("no message shows %q", token)
		}
	}
}

// checkBounds holds the promises that do not depend on the message.
func checkBounds(t testing.TB, m *Message) {
	t.Helper()
	if n := len(m.Parts()); n > maxParts {
		t.Errorf("%d parts, at most %d", n, maxParts)
	}
	for _, p := range m.Parts() {
		if p.Depth > maxDepth {
			t.Errorf("a part at depth %d, at most %d", p.Depth, maxDepth)
		}
	}
	if n := len(m.URLs()); n > maxURLs {
		t.Errorf("%d links, at most %d", n, maxURLs)
	}
	if n := len(m.Headers()); n > maxHeaders+maxReserve {
		t.Errorf("%d header fields, at most %d", n, maxHeaders+maxReserve)
	}
	if n := len(m.Text()); n > 3*maxText+2 {
		t.Errorf("%d bytes of text, at most three times %d and the separators", n, maxText)
	}
	for _, a := range m.Attachments() {
		if len(a.Head) > maxHead || int64(len(a.Head)) > a.Size {
			t.Errorf("%d bytes of an attachment of %d, at most %d", len(a.Head), a.Size, maxHead)
		}
	}
	for _, o := range m.Oddities() {
		if !slices.Contains(allOddities, o.Token) || len(o.Note) > maxOddityNote {
			t.Errorf("oddity %q is undocumented or its note %q too long", o.Token, o.Note)
		}
	}
	if m.Odd(OddParserFailed) {
		t.Error("a parser panicked")
	}
}

// allOddities is every token there is.
var allOddities = []string{
	OddHeaderLong, OddHeadersMany, OddHeaderMalformed, OddMboxFromLine, OddContentTypeDuplicate,
	OddContentTypeMalformed, OddContentTypeLong, OddBoundaryMissing, OddBoundaryUnclosed,
	OddBoundaryReopened, OddBoundaryDuplicate, OddPreambleLong, OddPartNoBlankLine, OddMIMEDepth,
	OddMIMEParts, OddBareCR, OddNUL, OddEncodingComment, OddEncodingUnknown, OddBase64Junk,
	OddQuotedJunk, OddCharsetUnknown, OddCharsetWrong, OddCharsetUTF7, OddCharsetUTF16, OddTextAsBinary,
	OddHTMLInPlain, OddZeroWidth, OddSoftHyphen, OddTextCut, OddHTMLCut, OddURLsMany, OddParserFailed,
}
