package scoring

import "strings"

var mimeRules = []rule{
	{"MIME_EVASION", always(2), "The structure is built so that filters and readers see different text.", anyOdd(
		OddPreambleLong, OddBoundaryDuplicate, OddContentTypeDuplicate, OddEncodingComment,
		OddPartNoBlankLine, OddMIMEDepth, OddContentTypeLong)},
	{"MIME_BROKEN", always(0.5), "The structure is broken (RFC 2045, RFC 2046).", anyOdd(
		OddContentTypeMalformed, OddBoundaryMissing, OddEncodingUnknown, OddBase64Junk, OddBareCR, OddNUL, OddMIMEParts)},
	{"CHARSET_ODD", always(0.5), "A charset that mail has no need of, or none at all: UTF-7, UTF-16, unknown names.", anyOdd(
		OddCharsetUTF7, OddCharsetUTF16, OddCharsetUnknown)},
	{"TEXT_TORN", always(1.5), "Characters without width tear words apart, which hides them from filters.", anyOdd(OddZeroWidth)},
	{"BODY_EMPTY", always(0.3), "No text, no links and no attachments.", bodyEmpty},
}

func bodyEmpty(f *facts) (string, bool) {
	return "", strings.TrimSpace(f.m.Plain()) == "" && strings.TrimSpace(f.m.HTML()) == "" &&
		len(f.files) == 0 && len(f.m.URLs()) == 0 && !f.m.Truncated()
}
