package scoring

import "strings"

var mimeRules = []rule{
	{"MIME_EVASION", always(2), "The structure is built so that filters and readers see different text.", anyOdd(
		OddPreambleLong, OddBoundaryDuplicate, OddContentTypeDuplicate, OddEncodingComment,
		OddPartNoBlankLine, OddMIMEDepth, OddContentTypeLong)},
	{"MIME_BROKEN", always(0.5), "The structure is broken (RFC 2045, RFC 2046).", anyOdd(
		OddContentTypeMalformed, OddBoundaryMissing, OddEncodingUnknown, OddBase64Junk, OddBareCR, OddNUL, OddMIMEParts)},
	{"MIME_VERSION_MISSING", submitted(0.3, 0.2), "MIME fields and no MIME-Version (RFC 2045 section 4).", mimeVersionMissing},
	{"CHARSET_ODD", always(0.5), "A charset that mail has no need of, or none at all: UTF-7, UTF-16, unknown names.", anyOdd(
		OddCharsetUTF7, OddCharsetUTF16, OddCharsetUnknown)},
	{"TEXT_TORN", always(1.5), "Characters without width tear words apart, which hides them from filters.", anyOdd(OddZeroWidth)},
	{"TEXT_AS_BINARY", always(0.5), "Text that claims to be binary.", anyOdd(OddTextAsBinary)},
	{"BODY_EMPTY", always(0.3), "No text, no links and no attachments.", bodyEmpty},
}

func mimeVersionMissing(f *facts) (string, bool) {
	kind := f.m.Get("Content-Type")
	return kind, strings.HasPrefix(strings.ToLower(kind), "multipart/") && f.count("MIME-Version") == 0
}

func bodyEmpty(f *facts) (string, bool) {
	return "", strings.TrimSpace(f.m.Plain()) == "" && strings.TrimSpace(f.m.HTML()) == "" &&
		len(f.files) == 0 && len(f.m.URLs()) == 0 && !f.m.Truncated()
}
