package notify

import (
	"strings"

	"github.com/emersion/go-message"
)

// part is one body part.
type part struct {
	mediaType   string
	params      map[string]string
	disposition string
	filename    string
	body        string // lines end in LF, or as they must in the message for message/rfc822
}

func textPart(text string) part {
	return part{mediaType: "text/plain", params: map[string]string{"charset": "utf-8"}, body: text}
}

// header describes a part, with an encoding that keeps every line legal in
// 7 bits; RFC 2046 section 5.2.1 forbids one for message/rfc822, which must be
// so already.
func (p part) header() message.Header {
	var h message.Header
	if p.mediaType != "message/rfc822" {
		h.Set("Content-Transfer-Encoding", encodingFor(p.body))
	}
	if p.disposition != "" {
		params := map[string]string{}
		if p.filename != "" {
			params["filename"] = p.filename
		}
		h.SetContentDisposition(p.disposition, params)
	}
	h.SetContentType(p.mediaType, p.params)
	return h
}

// encodingFor leaves ASCII with short lines as it is.
func encodingFor(text string) string {
	const maxLine = 900 // below the 998 of RFC 5322 section 2.1.1
	for l := range strings.Lines(text) {
		if len(l) > maxLine || strings.ContainsFunc(l, func(r rune) bool { return r >= 0x7f || r < ' ' && r != '\n' && r != '\t' }) {
			return "quoted-printable"
		}
	}
	return "7bit"
}
