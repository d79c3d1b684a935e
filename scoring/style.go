package scoring

import (
	"strconv"
	"strings"
)

// maxAttributes bounds the attributes of an element that are read.
const maxAttributes = 50

// colour is 0xRRGGBB, or unknown.
type colour int32

const (
	unknown colour = -1
	black   colour = 0x000000
	white   colour = 0xffffff
)

// look is how the text of an element is shown, as far as it tells whether a
// reader can see it.
type look struct {
	gone     bool   // display:none and the like: nothing inside can be seen
	veiled   bool   // visibility:hidden; an inner element may undo it
	tiny     bool   // font size of a pixel or less; an inner element may undo it
	text     colour // of the text
	ground   colour // of the background
	explicit bool   // the background is given in the element or around it, not assumed
}

// unseen says whether the text cannot be read. A background that is only
// assumed proves nothing when a style sheet may set it.
func (l look) unseen(styled bool) bool {
	camouflaged := l.text == l.ground && l.text != unknown && (l.explicit || !styled)
	return l.gone || l.veiled || l.tiny || camouflaged
}

// restyle applies an element's attributes.
func (l *look) restyle(attrs map[string]string) {
	if _, ok := attrs["hidden"]; ok {
		l.gone = true
	}
	if v, ok := attrs["color"]; ok {
		l.text = parseColour(v)
	}
	if v, ok := attrs["text"]; ok {
		l.text = parseColour(v)
	}
	if v, ok := attrs["bgcolor"]; ok {
		l.setGround(parseColour(v))
	}
	if _, ok := attrs["background"]; ok { // an image
		l.setGround(unknown)
	}
	if _, ok := attrs["class"]; ok && !l.explicit {
		l.ground = unknown
	}
	l.applyCSS(attrs["style"])
}

func (l *look) setGround(c colour) {
	l.ground, l.explicit = c, true
}

// applyCSS applies the declarations of a style attribute in order.
func (l *look) applyCSS(style string) {
	display := "" // of several the last one holds
	for declaration := range strings.SplitSeq(withoutCSSComments(strings.ToLower(style)), ";") {
		property, value, _ := strings.Cut(declaration, ":")
		value, _, _ = strings.Cut(value, "!") // !important
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(property) {
		case "display":
			display = value
		case "visibility":
			l.veiled = value == "hidden" || value == "collapse"
		case "opacity", "max-height", "max-width":
			if size, ok := leadingNumber(value); ok && size == 0 {
				l.gone = true
			}
		case "font-size":
			l.setFontSize(value)
		case "color":
			l.text = parseColour(value)
		case "background-color", "background":
			l.setGround(parseColour(value))
		case "background-image":
			l.setGround(unknown)
		}
	}
	l.gone = l.gone || display == "none"
}

// setFontSize takes a length or a keyword. Relative sizes of nothing stay
// nothing.
func (l *look) setFontSize(value string) {
	size, isNumber := leadingNumber(value)
	relative := strings.HasSuffix(value, "em") && !strings.HasSuffix(value, "rem") || strings.HasSuffix(value, "%")
	switch {
	case !isNumber || relative && size > 0:
		l.tiny = l.tiny && relative
	case relative:
		l.tiny = true
	default:
		l.tiny = size <= 1
	}
}

// leadingNumber returns the number that a CSS value begins with.
func leadingNumber(value string) (float64, bool) {
	end := 0
	for end < len(value) && (value[end] >= '0' && value[end] <= '9' || value[end] == '.') {
		end++
	}
	n, err := strconv.ParseFloat(value[:end], 64)
	return n, err == nil
}

// parseColour reads the forms that mail uses; all others are unknown.
func parseColour(value string) colour {
	value = strings.ToLower(strings.TrimSpace(value))
	switch value {
	case "white":
		return white
	case "black":
		return black
	}
	if args, ok := strings.CutPrefix(value, "rgb("); ok {
		return parseRGB(strings.TrimSuffix(args, ")"))
	}
	digits := strings.TrimPrefix(value, "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	if n, err := strconv.ParseUint(digits, 16, 24); err == nil && len(digits) == 6 {
		return colour(n)
	}
	return unknown
}

// parseRGB reads "255, 255, 255".
func parseRGB(args string) colour {
	parts := strings.Split(args, ",")
	if len(parts) != 3 {
		return unknown
	}
	var c colour
	for _, part := range parts {
		n, err := strconv.ParseUint(strings.TrimSpace(part), 10, 8)
		if err != nil {
			return unknown
		}
		c = c<<8 | colour(n)
	}
	return c
}

// withoutCSSComments removes /* ... */; an unclosed one goes to the end.
func withoutCSSComments(s string) string {
	if !strings.Contains(s, "/*") {
		return s
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "/*")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, s, _ = strings.Cut(rest, "*/")
	}
}
