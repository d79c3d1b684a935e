package qrcode

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

const link = "https://example.org/minutes?of=2026-05-04"

// picture is a grey image that tests draw on.
func picture(width, height int, at func(x, y int) bool) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			if !at(x, y) {
				img.SetGray(x, y, color.Gray{255})
			}
		}
	}
	return img
}

// code is the picture of a code of about size pixels on a larger page.
func code(t testing.TB, text string, size, width, height int) *image.Gray {
	t.Helper()
	bits, err := qrcode.NewQRCodeWriter().Encode(text, gozxing.BarcodeFormat_QR_CODE, size, size, nil)
	if err != nil {
		t.Fatal(err)
	}
	left, top := (width-size)/2, (height-size)/3
	return picture(width, height, func(x, y int) bool { return bits.Get(x-left, y-top) })
}

func pngOf(img image.Image) []byte {
	var b bytes.Buffer
	png.Encode(&b, img)
	return b.Bytes()
}

func jpegOf(img image.Image) []byte {
	var b bytes.Buffer
	jpeg.Encode(&b, img, &jpeg.Options{Quality: 60})
	return b.Bytes()
}

func gifOf(img image.Image) []byte {
	var b bytes.Buffer
	gif.Encode(&b, img, nil)
	return b.Bytes()
}

// in colours an image.
func in(dst interface {
	image.Image
	Set(x, y int, c color.Color)
}, img *image.Gray, dark, light color.Color) image.Image {
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if img.GrayAt(x, y).Y == 0 {
				dst.Set(x, y, dark)
			} else {
				dst.Set(x, y, light)
			}
		}
	}
	return dst
}

func read(data []byte) (string, error) {
	i, ok := Open(data)
	if !ok {
		return "", errNone
	}
	return i.Read()
}

func TestRead(t *testing.T) {
	small := code(t, link, 120, 160, 120)
	page := code(t, link, 150, 1000, 1400)
	r := small.Bounds()
	turned := image.NewGray(image.Rect(0, 0, r.Dy(), r.Dx()))
	for y := range r.Dy() {
		for x := range r.Dx() {
			turned.Set(r.Dy()-1-y, x, small.At(x, y))
		}
	}
	blue, none := color.NRGBA{20, 30, 120, 255}, color.NRGBA{}
	for name, data := range map[string][]byte{
		"PNG":                        pngOf(small),
		"JPEG":                       jpegOf(small),
		"GIF":                        gifOf(small),
		"small, on a page":           pngOf(page),
		"on a page, in JPEG":         jpegOf(page),
		"turned":                     pngOf(turned),
		"in colour":                  pngOf(in(image.NewRGBA(r), small, blue, color.White)),
		"on nothing":                 pngOf(in(image.NewNRGBA(r), small, blue, none)),
		"of 16 bits":                 pngOf(in(image.NewNRGBA64(r), small, blue, none)),
		"of 16 bits of grey":         pngOf(in(image.NewGray16(r), small, color.Black, color.White)),
		"of two colours":             pngOf(in(image.NewPaletted(r, color.Palette{color.White, blue}), small, blue, color.White)),
		"with a border, in a corner": pngOf(code(t, link, 100, 101, 101)),
	} {
		if got, err := read(data); got != link || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if i, ok := Open(data); !ok || i.Width < 100 || i.Height < 100 || i.Cost < 100*100 {
			t.Errorf("%s: %+v, %v", name, i, ok)
		}
	}
}

func TestNoCode(t *testing.T) {
	data := pngOf(code(t, link, 120, 120, 120))
	for name, data := range map[string][]byte{
		"nothing":     nil,
		"text":        []byte("an image"),
		"cut":         data[:len(data)/2],
		"a beginning": data[:8],
		"white":       pngOf(picture(100, 100, func(x, y int) bool { return false })),
		"stripes":     pngOf(picture(300, 100, func(x, y int) bool { return x/4%7 != 1 && x/4%7 != 5 })),
		"tiny":        pngOf(code(t, "x", 21, MinSide-1, MinSide-1)),
	} {
		if text, err := read(data); text != "" || err == nil || errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}

func TestBounds(t *testing.T) {
	for _, c := range []struct {
		width, height int
		img           func(image.Rectangle) image.Image
		tooLarge      bool
	}{
		{1500, 1000, func(r image.Rectangle) image.Image { return image.NewGray(r) }, false},
		{1500, 1001, func(r image.Rectangle) image.Image { return image.NewGray(r) }, true},
		{750, 1000, func(r image.Rectangle) image.Image { return image.NewNRGBA64(r) }, false},
		{750, 1001, func(r image.Rectangle) image.Image { return image.NewNRGBA64(r) }, true},
	} {
		if _, err := read(pngOf(c.img(image.Rect(0, 0, c.width, c.height)))); errors.Is(err, ErrTooLarge) != c.tooLarge {
			t.Errorf("%d by %d: %v", c.width, c.height, err)
		}
	}
	claims := pngOf(image.NewGray(image.Rect(0, 0, 60, 60)))
	copy(claims[16:], "\x7f\xff\xff\xff\x7f\xff\xff\xff")
	if text, err := read(claims); err == nil {
		t.Errorf("an image that claims to be huge says %q", text)
	}
	scans := jpegOf(image.NewGray(image.Rect(0, 0, 60, 60)))
	for n, tooLarge := range map[int]bool{maxScans - 1: false, maxScans: true} { // and its own
		if _, err := read(append(scans[:len(scans):len(scans)], strings.Repeat("\xff\xda", n)...)); errors.Is(err, ErrTooLarge) != tooLarge {
			t.Errorf("%d more scans: %v", n, err)
		}
	}
}

// images that are there to keep a reader busy, and ordinary ones.
func images(t testing.TB) map[string][]byte {
	random := rand.New(rand.NewPCG(1, 2))
	noise := func(img []byte) {
		for i := range img {
			img[i] = byte(random.Uint32())
		}
	}
	deep := image.NewNRGBA64(image.Rect(0, 0, 1000, 750))
	noise(deep.Pix)
	colours := image.NewNRGBA(image.Rect(0, 0, 1500, 1000))
	noise(colours.Pix)
	corner := func(x, y int) bool { // of 7 modules
		d := max(x-3, 3-x, y-3, 3-y)
		return d != 2 && d <= 3
	}
	return map[string][]byte{
		"noise":                 pngOf(colours),
		"noise in JPEG":         jpegOf(colours),
		"noise of 16 bits":      pngOf(deep),
		"corners":               pngOf(picture(1500, 1000, func(x, y int) bool { return corner(x%8, y%8) })),
		"large corners":         pngOf(picture(1500, 1000, func(x, y int) bool { return corner(x/4%9, y/4%9) })),
		"stripes":               pngOf(picture(1500, 1000, func(x, y int) bool { return y > 0 && y < 999 && corner(x%8, 3) })),
		"a large code":          pngOf(code(t, strings.Repeat("x", 2000), 1200, 1220, 1220)),
		"a huge corner":         pngOf(picture(1224, 1224, func(x, y int) bool { return corner(x/170, y/170) })),
		"a logo of 200 by 60":   pngOf(picture(200, 60, func(x, y int) bool { return (x-30)*(x-30)+(y-30)*(y-30) < 400 })),
		"a code of 300 by 300":  pngOf(code(t, link, 300, 300, 300)),
		"a letter with a code":  pngOf(code(t, link, 150, 1000, 1400)),
		"a photo of 1000 x 750": jpegOf(picture(1000, 750, func(x, y int) bool { return (x*x+y*y)/9000%2 == 0 })),
	}
}

func BenchmarkRead(b *testing.B) {
	for name, data := range images(b) {
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				read(data)
			}
		})
	}
}

// FuzzRead holds that no image makes the decoders panic beyond Read, or hang.
func FuzzRead(f *testing.F) {
	small := code(f, "x", 60, 60, 60)
	f.Add(pngOf(small))
	f.Add(jpegOf(small))
	f.Add(gifOf(small))
	f.Fuzz(func(t *testing.T, data []byte) {
		if text, err := read(data); text != "" && err != nil {
			t.Errorf("%q and %v", text, err)
		}
	})
}
