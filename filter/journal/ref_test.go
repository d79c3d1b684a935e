package journal

import "testing"

func TestNewRefIsValidAndNew(t *testing.T) {
	seen := make(map[string]bool)
	for range 1000 {
		ref := NewRef()
		if !ValidRef(ref) || NormalizeRef(ref) != ref {
			t.Fatalf("NewRef() = %q", ref)
		}
		if seen[ref] {
			t.Fatalf("%q twice among 1000", ref)
		}
		seen[ref] = true
	}
}

func TestNormalizeRef(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"as written", "7F3K9QX2", "7F3K9QX2"},
		{"lower case", "7f3k9qx2", "7F3K9QX2"},
		{"letters taken for digits", "oOiIlL7F", "0011117F"},
		{"in groups", "7F3K-9QX2", "7F3K9QX2"},
		{"copied with spaces", " 7F3K 9QX2 ", "7F3K9QX2"},
		{"empty", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := NormalizeRef(c.in); got != c.want {
				t.Errorf("NormalizeRef(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestValidRef(t *testing.T) {
	for ref, want := range map[string]bool{
		"7F3K9QX2":   true,
		"00000000":   true,
		"":           false,
		"7F3K9QX":    false,
		"7F3K9QX20":  false,
		"7F3K9QXU":   false, // no U in the alphabet
		"7F3KIQX2":   false, // not normalized
		"7f3k9qx2":   false,
		"7F3K9Q\x00": false,
	} {
		if got := ValidRef(ref); got != want {
			t.Errorf("ValidRef(%q) = %v", ref, got)
		}
	}
}
