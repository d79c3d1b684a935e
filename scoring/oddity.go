package scoring

import "strings"

// Oddity is something about the form of a message that well-made mail does
// not have. Token is one of the constants below, Note a short printable
// detail of the first place, often empty.
type Oddity struct {
	Token, Note string
}

// The oddities. Tokens are stable: rules and records name them.
const (
	// The header.
	OddHeaderLong      = "header-long"      // a field's value was cut at 32 KB
	OddHeadersMany     = "headers-many"     // more than 1,000 fields or 512 KB; the rest was dropped
	OddHeaderMalformed = "header-malformed" // a line that is no field ended the header; what follows is body
	OddMboxFromLine    = "mbox-from-line"   // the header begins with a "From " line

	// Media types (RFC 2045 section 5).
	OddContentTypeDuplicate = "content-type-duplicate" // several Content-Type fields in one header
	OddContentTypeMalformed = "content-type-malformed" // it does not follow the grammar and was read leniently
	OddContentTypeLong      = "content-type-long"      // it was cut at 4 KB

	// Multipart structure (RFC 2046 section 5.1).
	OddBoundaryMissing   = "boundary-missing"   // no boundary is given, or the given one does not occur
	OddBoundaryUnclosed  = "boundary-unclosed"  // the final boundary is missing
	OddBoundaryReopened  = "boundary-reopened"  // parts follow the final boundary
	OddBoundaryDuplicate = "boundary-duplicate" // several boundaries are given
	OddPreambleLong      = "mime-preamble-long" // a line over 4 KB before the first boundary
	OddPartNoBlankLine   = "part-no-blank-line" // no empty line between a part's header and its text
	OddMIMEDepth         = "mime-depth"         // nested deeper than 20; what lies below is read as it is
	OddMIMEParts         = "mime-parts"         // more than 500 parts; the rest is read as it is
	OddBareCR            = "bare-cr"            // a CR without LF; read as the end of a line
	OddNUL               = "nul"                // a NUL byte in text; removed

	// Transfer encodings (RFC 2045 section 6).
	OddEncodingComment = "encoding-comment" // something follows the name of the encoding
	OddEncodingUnknown = "encoding-unknown" // no such encoding; read as it is
	OddBase64Junk      = "base64-junk"      // characters that are not base64; skipped
	OddQuotedJunk      = "quoted-junk"      // bytes that cannot stand in quoted-printable; kept

	// Charsets and text.
	OddCharsetUnknown = "charset-unknown" // no such charset; read as UTF-8 or Windows-1252
	OddCharsetWrong   = "charset-wrong"   // the text is not in the charset that it claims
	OddCharsetUTF7    = "charset-utf7"    // UTF-7, which mail has no need of (RFC 2152)
	OddCharsetUTF16   = "charset-utf16"   // UTF-16, declared or not
	OddTextAsBinary   = "text-as-binary"  // text without a file name that claims to be binary
	OddHTMLInPlain    = "html-in-plain"   // HTML that claims to be plain text
	OddZeroWidth      = "zero-width"      // characters without width inside words; removed
	OddSoftHyphen     = "soft-hyphen"     // soft hyphens inside words; removed
	OddTextCut        = "text-cut"        // more than 1 MB of decoded text; cut
	OddHTMLCut        = "html-cut"        // more than 100,000 HTML tokens; cut
	OddURLsMany       = "urls-many"       // more than 500 links; the rest was dropped

	// OddParserFailed: the second opinion panicked; the first one stands.
	OddParserFailed = "parser-failed"
)

// maxOddityNote bounds a note, in bytes.
const maxOddityNote = 60

// note records an oddity, the first of its kind.
func (m *Message) note(token, detail string) {
	if !m.Odd(token) {
		m.oddities = append(m.oddities, Oddity{token, printableNote(detail)})
	}
}

// breaks records an oddity after which the structure of the message cannot be
// trusted: mail readers differ in what they show of it.
func (m *Message) breaks(token, detail string) {
	m.note(token, detail)
	m.broken = true
}

// printableNote keeps the printable ASCII of s, up to the bound.
func printableNote(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s[:min(len(s), maxOddityNote)])
	return s
}
