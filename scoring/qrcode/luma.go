package qrcode

import (
	"image"
	"image/color"
)

// luma returns the brightness of the pixels of an image on white paper, row by
// row.
func luma(img image.Image) (pixels []byte, width, height int) {
	b := img.Bounds()
	width, height = b.Dx(), b.Dy()
	pixels = make([]byte, width*height)
	for y := range height {
		row := pixels[y*width : (y+1)*width]
		switch img := img.(type) {
		case *image.Gray:
			copy(row, img.Pix[y*img.Stride:])
		case *image.YCbCr:
			copy(row, img.Y[y*img.YStride:])
		case *image.Paletted:
			paletteRow(row, img.Pix[y*img.Stride:], img.Palette)
		case *image.NRGBA:
			for x := range row {
				p := img.Pix[y*img.Stride+4*x:]
				row[x] = onWhite(brightness(uint32(p[0]), uint32(p[1]), uint32(p[2])), uint32(p[3]))
			}
		case *image.RGBA:
			for x := range row {
				p := img.Pix[y*img.Stride+4*x:]
				row[x] = byte(min(brightness(uint32(p[0]), uint32(p[1]), uint32(p[2]))+255-uint32(p[3]), 255))
			}
		default:
			for x := range row {
				row[x] = lumaOf(img.At(b.Min.X+x, b.Min.Y+y))
			}
		}
	}
	return pixels, width, height
}

// paletteRow turns indices of colours into brightness.
func paletteRow(row, indices []byte, palette color.Palette) {
	var table [256]byte
	for i, c := range palette[:min(len(palette), 256)] {
		table[i] = lumaOf(c)
	}
	for x := range row {
		row[x] = table[indices[x]]
	}
}

// lumaOf is the brightness of a colour on white.
func lumaOf(c color.Color) byte {
	r, g, b, a := c.RGBA() // premultiplied
	return byte(min(brightness(r, g, b)+0xffff-a, 0xffff) >> 8)
}

// brightness is that of a colour in the scale of its channels.
func brightness(r, g, b uint32) uint32 { return (r + 2*g + b) / 4 }

// onWhite is the brightness of a colour of so much opacity, both up to 255.
func onWhite(y, alpha uint32) byte { return byte((y*alpha + 255*(255-alpha)) / 255) }
