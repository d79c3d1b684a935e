package scoring

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// lookalikes are Cyrillic and Greek letters that are drawn like a Latin one
// (UTS 39, confusables). Those that Latin text borrows are not among them: my
// is a prefix of units.
var lookalikes = map[rune]rune{
	'а': 'a', 'в': 'b', 'с': 'c', 'ԁ': 'd', 'е': 'e', 'ё': 'e', 'һ': 'h', 'і': 'i', 'ї': 'i', 'ј': 'j', 'к': 'k', 'ӏ': 'l', 'м': 'm', 'п': 'n',
	'о': 'o', 'р': 'p', 'ԛ': 'q', 'г': 'r', 'ѕ': 's', 'т': 't', 'ц': 'u', 'ѵ': 'v', 'ԝ': 'w', 'х': 'x', 'у': 'y',
	'ο': 'o', 'ν': 'v', 'ρ': 'p', 'τ': 't', 'υ': 'u', 'χ': 'x', 'ι': 'i', 'κ': 'k', 'η': 'n', 'ε': 'e', 'ѡ': 'w',
	'А': 'A', 'В': 'B', 'С': 'C', 'Е': 'E', 'Н': 'H', 'І': 'I', 'Ј': 'J', 'К': 'K', 'М': 'M', 'О': 'O', 'Р': 'P', 'Ѕ': 'S', 'Т': 'T', 'Х': 'X', 'У': 'Y',
	'Α': 'A', 'Β': 'B', 'Ε': 'E', 'Ζ': 'Z', 'Η': 'H', 'Ι': 'I', 'Κ': 'K', 'Μ': 'M', 'Ν': 'N', 'Ο': 'O', 'Ρ': 'P', 'Τ': 'T', 'Υ': 'Y', 'Χ': 'X',
}

// withoutStrokes drops the lines through letters (combining overlays) that
// leave a text readable to people only.
func withoutStrokes(r rune) rune {
	if r >= 0x0334 && r <= 0x0338 || r >= 0x20d0 && r <= 0x20ef {
		return -1
	}
	return r
}

// foldLookalikes returns text with compatibility forms as plain letters
// (UAX 15), and look-alikes in Latin words as Latin letters.
func foldLookalikes(text string) string {
	if !norm.NFKC.IsNormalString(text) {
		text = norm.NFKC.String(text)
	}
	var b strings.Builder
	rest := strings.Map(withoutStrokes, text)
	for rest != "" {
		start := strings.IndexFunc(rest, unicode.IsLetter)
		if start < 0 {
			break
		}
		b.WriteString(rest[:start])
		rest = rest[start:]
		end := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
		if end < 0 {
			end = len(rest)
		}
		word, _ := latinWord(rest[:end])
		b.WriteString(word)
		rest = rest[end:]
	}
	return b.String() + rest
}

// latinWord returns a word with its look-alikes folded, if it is mostly Latin.
// Russian words with a Latin letter are slips of the keyboard; Latin words
// with a Russian one are none.
func latinWord(word string) (folded string, mixed bool) {
	latin, alike, other := 0, 0, 0
	for _, r := range word {
		switch {
		case r < 0x80 || unicode.Is(unicode.Latin, r):
			latin++
		case lookalikes[r] != 0:
			alike++
		default:
			other++
		}
	}
	if alike == 0 || other > 0 || latin < 2 || 3*latin < 2*alike {
		return word, false
	}
	return strings.Map(func(r rune) rune {
		if like := lookalikes[r]; like != 0 {
			return like
		}
		return r
	}, word), true
}
