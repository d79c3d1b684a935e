package scoring

import (
	"cmp"
	"errors"
	"hash/maphash"
	"slices"
	"strings"

	"sluice/scoring/qrcode"
)

// QR codes are looked for in the images that a message brings along, if it has
// few of them or says little: a link in a code is one that no filter reads in
// the text. What a code leads to is a link of the message like others.

// Bounds of what is looked at, beside those of the package qrcode.
const (
	maxImages    = 8       // that are considered; a message with more is an album
	maxCodes     = 2       // that are looked at, together at most qrcode.MaxCost
	fewImages    = 1       // these are looked at whatever the text
	maxCodeText  = 4000    // bytes of text beside more images
	maxLopsided  = 220     // the longer side in percent of the shorter one: a telephone's screen, but few logos
	maxImageData = 1 << 20 // bytes of one that stands in a link, in base64
)

// codeReader looks for codes in the images of one message.
type codeReader struct {
	images []qrcode.Image    // until the text is known
	more   bool              // there are more than maxImages
	cut    bool              // there was one that the bounds did not let it look at
	known  map[uint64]string // what was read, by the hash of an image
}

// consider keeps an image in which there may be a code.
func (r *codeReader) consider(data []byte) {
	img, ok := qrcode.Open(data)
	if !ok || min(img.Width, img.Height) < qrcode.MinSide || lopsided(img) > maxLopsided {
		return
	}
	if len(r.images) >= maxImages {
		r.more = true
		return
	}
	r.images = append(r.images, img)
}

// read returns what the codes say, if the message is one to look for them.
// Those that are like a square come first.
func (r *codeReader) read(text string) (codes []string) {
	images := r.images
	r.images = nil
	if r.more || len(images) > fewImages && len(text) > maxCodeText {
		return nil
	}
	slices.SortStableFunc(images, func(a, b qrcode.Image) int { return cmp.Compare(lopsided(a), lopsided(b)) })
	left := qrcode.MaxCost
	for i, img := range images {
		if i >= maxCodes || img.Cost > left {
			r.cut = true
			continue
		}
		left -= img.Cost
		if code := r.readOne(img); code != "" {
			codes = append(codes, code)
		}
	}
	return codes
}

// lopsided says how far an image is from a square, which has 100.
func lopsided(i qrcode.Image) int {
	return 100 * max(i.Width, i.Height) / min(i.Width, i.Height)
}

// imageSeed tells images apart that are read twice.
var imageSeed = maphash.MakeSeed()

// readOne returns what the code in an image says. A second view of the message
// finds it in known.
func (r *codeReader) readOne(img qrcode.Image) string {
	key := maphash.Bytes(imageSeed, img.Data())
	if code, ok := r.known[key]; ok {
		return code
	}
	code, err := img.Read()
	r.cut = r.cut || errors.Is(err, qrcode.ErrTooLarge)
	if r.known == nil {
		r.known = make(map[uint64]string)
	}
	r.known[key] = code
	return code
}

// readCodes adds the links in QR codes. Those that hold a contact, a payment
// or plain text lead nowhere.
func (m *Message) readCodes() {
	for _, code := range m.codes.read(m.text) {
		code = strings.TrimSpace(code)
		if strings.ContainsAny(code, " \t\r\n") {
			continue
		}
		u, ok := parseURL(code)
		if !ok && isBareName(code) {
			u, ok = parseURL("http://" + code)
			u.Raw = cutString(code, maxURLLength)
		}
		if ok && (u.Scheme == "http" || u.Scheme == "https") && strings.ContainsAny(u.Host, ".:") {
			u.Source = SourceCode
			m.addURL(u)
		}
	}
}

// considerData looks at an image that stands in a link (RFC 2397).
func (m *Message) considerData(link string) {
	if m.isInner {
		return
	}
	head, data, _ := strings.Cut(link, ",")
	if strings.HasSuffix(strings.ToLower(strings.TrimSpace(head)), ";base64") && len(data) <= maxImageData && len(m.codes.images) < maxImages {
		image, _ := looseBase64([]byte(data))
		m.codes.consider(image)
	}
}
