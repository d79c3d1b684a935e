// Package qrcode reads QR codes (ISO/IEC 18004) in images that anybody may have
// made: PNG, JPEG and GIF. The work is bounded by the size of an image, not by a
// clock, so that the same image always gives the same.
//
// The images are decoded by the standard library, and the codes by gozxing, the
// Go version of ZXing; only the search for the three corners is done here, where
// that of gozxing takes as long as an image wants it to.
package qrcode

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/detector"
)

// Bounds of an image that is looked at.
const (
	MaxCost  = 1_500_000
	MinSide  = 50 // pixels of the shorter side; the smallest code has 21 modules
	maxScans = 12 // of a JPEG, which takes each pixel up as often; ordinary ones have 10
)

// ErrTooLarge says that an image is beyond the bounds.
var ErrTooLarge = errors.New("the image is too large")

// errNone says that there is no code, or none that can be read.
var errNone = errors.New("no code was found")

// format is one of the three kinds of images.
type format struct {
	start  string
	config func([]byte) (image.Config, error)
	decode func([]byte) (image.Image, error)
}

const jpegStart = "\xff\xd8\xff"

var formats = []format{
	{"\x89PNG\r\n\x1a\n",
		func(data []byte) (image.Config, error) { return png.DecodeConfig(bytes.NewReader(data)) },
		func(data []byte) (image.Image, error) { return png.Decode(bytes.NewReader(data)) }},
	{jpegStart,
		func(data []byte) (image.Config, error) { return jpeg.DecodeConfig(bytes.NewReader(data)) },
		func(data []byte) (image.Image, error) { return jpeg.Decode(bytes.NewReader(data)) }},
	{"GIF8",
		func(data []byte) (image.Config, error) { return gif.DecodeConfig(bytes.NewReader(data)) },
		func(data []byte) (image.Image, error) { return gif.Decode(bytes.NewReader(data)) }},
}

// formatOf returns how to read an image, or nil.
func formatOf(data []byte) *format {
	for i, f := range formats {
		if bytes.HasPrefix(data, []byte(f.start)) {
			return &formats[i]
		}
	}
	return nil
}

// Image is an image that has not been decoded.
type Image struct {
	Width, Height int // pixels
	Cost          int // pixels that are as much work: at most MaxCost are read

	data   []byte
	format *format
}

// Open looks at the header of an image. ok is false if it is none, or broken.
// The data must not change before Read.
func Open(data []byte) (img Image, ok bool) {
	f := formatOf(data)
	if f == nil {
		return Image{}, false
	}
	c, err := f.config(data)
	if err != nil || c.Width <= 0 || c.Height <= 0 {
		return Image{}, false
	}
	cost := MaxCost + 1
	if c.Width <= MaxCost && c.Height <= MaxCost {
		cost = min(c.Width*c.Height*weight(c.ColorModel, data), cost)
	}
	return Image{c.Width, c.Height, cost, data, f}, true
}

// Data returns the image as it came.
func (i Image) Data() []byte { return i.data }

// weight is how many pixels of other images those of this one count for. With
// 16 bits a channel they take twice the memory and time, and in a progressive
// JPEG each of its scans takes them up.
func weight(m color.Model, data []byte) int {
	switch {
	case m == color.NRGBA64Model || m == color.RGBA64Model:
		return 2
	case !bytes.HasPrefix(data, []byte(jpegStart)):
		return 1
	case bytes.Count(data, []byte("\xff\xda")) > maxScans:
		return MaxCost + 1
	case bytes.Contains(data, []byte("\xff\xc2")):
		return 2
	}
	return 1
}

// Read returns what the QR code in an image says. Of several in one image it
// finds one, or none. The error is ErrTooLarge if the image was not looked at.
func (i Image) Read() (text string, err error) {
	defer func() {
		if p := recover(); p != nil { // of a decoder
			text, err = "", fmt.Errorf("read code: %v", p)
		}
	}()
	switch {
	case min(i.Width, i.Height) < MinSide:
		return "", errNone
	case i.Cost > MaxCost:
		return "", ErrTooLarge
	}
	img, err := i.format.decode(i.data)
	if err != nil {
		return "", err
	}
	return readLuma(luma(img))
}

// readLuma reads the code in an image that is given as the brightness of its
// pixels, row by row.
func readLuma(pixels []byte, width, height int) (string, error) {
	source, err := gozxing.NewPlanarYUVLuminanceSource(pixels, width, height, 0, 0, width, height, false)
	if err != nil {
		return "", err
	}
	black, err := gozxing.NewHybridBinarizer(source).GetBlackMatrix()
	if err != nil {
		return "", err
	}
	corners, ok := findCorners(black)
	if !ok {
		return "", errNone
	}
	grid, err := detector.NewDetector(black).ProcessFinderPatternInfo(corners)
	if err != nil {
		return "", err
	}
	result, err := decoder.NewDecoder().Decode(grid.GetBits(), nil)
	if err != nil {
		return "", err
	}
	return result.GetText(), nil
}
