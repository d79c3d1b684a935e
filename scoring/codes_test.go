package scoring

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	zxing "github.com/makiuchi-d/gozxing/qrcode"

	"sluice/scoring/qrcode"
)

// qrCode is a PNG image with a QR code.
func qrCode(text string) string { return qrCodeOn(text, 120, 120) }

// qrCodeOn is one on a larger sheet.
func qrCodeOn(text string, width, height int) string {
	bits, err := zxing.NewQRCodeWriter().Encode(text, gozxing.BarcodeFormat_QR_CODE, 120, 120, nil)
	if err != nil {
		panic(err)
	}
	img := image.NewGray(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = 0xff
	}
	for y := range 120 {
		for x := range 120 {
			if bits.Get(x, y) {
				img.SetGray(x, y, color.Gray{})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.String()
}

// album is a message with images.
func album(text string, images ...string) string {
	var b strings.Builder
	b.WriteString("--b\nContent-Type: text/plain\n\n" + text + "\n")
	for _, image := range images {
		b.WriteString("--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n" + base64Of(image) + "\n")
	}
	return mixed(b.String() + "--b--\n")
}

// codesOf returns the links in codes, and whether an image was too much.
func codesOf(m *Message) (links []string, cut bool) {
	for _, u := range m.URLs() {
		if u.Source == SourceCode {
			links = append(links, u.Raw)
		}
	}
	return links, m.codes.cut
}

func TestWhereCodesAreLookedFor(t *testing.T) {
	const pay, plan = "https://example.org/pay", "example.com/plan"
	blank := qrCodeOn("x", 240, 120)
	long := strings.Repeat("x ", maxCodeText/2) // as long as it may be
	large := qrCodeOn(pay, 1200, 1100)
	for name, c := range map[string]struct {
		text   string
		images []string
		links  []string
		cut    bool
	}{
		"none":                       {"", nil, nil, false},
		"one":                        {long + "x", []string{qrCode(pay)}, []string{pay}, false},
		"two":                        {long, []string{qrCode(pay), qrCode(plan)}, []string{pay, plan}, false},
		"two beside more text":       {long + "x", []string{qrCode(pay), qrCode(plan)}, nil, false},
		"the same twice":             {"", []string{qrCode(pay), qrCode(pay)}, []string{pay}, false},
		"one beside other shapes":    {"", []string{blank, blank, qrCode(pay)}, []string{pay}, true},
		"the longest":                {"", []string{qrCodeOn(pay, 264, 120)}, []string{pay}, false},
		"a strip":                    {"", []string{qrCodeOn(pay, 266, 120)}, nil, false},
		"a small one":                {"", []string{qrCodeOn(pay, qrcode.MinSide-1, 120)}, nil, false},
		"a large one":                {"", []string{large}, []string{pay}, false},
		"two large ones":             {"", []string{large, large}, []string{pay}, true},
		"a larger one":               {"", []string{qrCodeOn(pay, 1200, 1300)}, nil, true},
		"as many as are considered":  {"", slices.Repeat([]string{qrCode(pay)}, maxImages), []string{pay}, true},
		"an album":                   {"", slices.Repeat([]string{qrCode(pay)}, maxImages+1), nil, false},
		"words":                      {"", []string{qrCode("see https://example.org/pay")}, nil, false},
		"an address of another kind": {"", []string{qrCode("mailto:ann@example.org")}, nil, false},
		"a script":                   {"", []string{qrCode("javascript:pay()")}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := viewOf(t, album(c.text, c.images...))
			links, cut := codesOf(m)
			if !slices.Equal(links, c.links) || cut != c.cut {
				t.Errorf("links %v, cut %v; want %v, %v", links, cut, c.links, c.cut)
			}
			if m.codes.images != nil {
				t.Error("images are kept")
			}
		})
	}
}

// The second view of a report does not decode an image again.
func TestCodesAreReadOnce(t *testing.T) {
	m := viewOf(t, album("", qrCode("https://example.org/pay")))
	for key := range m.codes.known {
		m.codes.known[key] = "https://example.com/known"
	}
	if links, _ := codesOf(m.withoutReturned()); !slices.Equal(links, []string{"https://example.com/known"}) {
		t.Errorf("links %v", links)
	}
}

func TestReportSaysWhichImagesWereSkipped(t *testing.T) {
	r := scoreText(t, withDefaults(t), attachment("scan.png", "image/png", qrCodeOn("x", 1200, 1300)), Input{})
	if !slices.Contains(r.Skipped, Skip{"qrcode", "limit"}) {
		t.Errorf("skipped %v", r.Skipped)
	}
}
