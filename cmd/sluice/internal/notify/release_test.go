package notify

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func testSigner(t *testing.T, fill byte) Signer {
	t.Helper()
	s, err := NewSigner(bytes.Repeat([]byte{fill}, keySize))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTokens(t *testing.T) {
	s := testSigner(t, 1)
	expires := at.Add(time.Hour)
	for _, sender := range []string{"ip:203.0.113.7", "ip:2001:db8::/64", "login:a\"b\\c.d\n<e>&ä", ""} {
		token := s.Sign(sender, "7F3K9QX2", expires)
		got, nonce, err := s.Verify(token, at)
		if got != sender || nonce != "7F3K9QX2" || err != nil {
			t.Errorf("%q: %q %q %v", sender, got, nonce, err)
		}
		if strings.Trim(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
			t.Errorf("%q needs escapes in a URL", token)
		}
	}
}

func TestTokensExpire(t *testing.T) {
	s := testSigner(t, 1)
	token := s.Sign("ip:203.0.113.7", "A", at.Add(time.Hour))
	for after, want := range map[time.Duration]error{
		0: nil, time.Hour - time.Second: nil, time.Hour: ErrExpired, 24 * time.Hour: ErrExpired, -time.Hour: nil,
	} {
		if _, _, err := s.Verify(token, at.Add(after)); !errors.Is(err, want) {
			t.Errorf("after %v: %v, want %v", after, err, want)
		}
	}
}

// TestForgedTokens changes every byte, and more.
func TestForgedTokens(t *testing.T) {
	s, other := testSigner(t, 1), testSigner(t, 2)
	token := s.Sign("ip:203.0.113.7", "A", at.Add(time.Hour))
	late := at.Add(2 * time.Hour)
	var forged []string
	for i := range token {
		for _, c := range []byte("Ab.\x00=") {
			if token[i] != c {
				forged = append(forged, token[:i]+string(c)+token[i+1:])
			}
		}
	}
	payload, mac, _ := strings.Cut(token, ".")
	longer, _, _ := strings.Cut(s.Sign("ip:203.0.113.7", "A", at.Add(99*time.Hour)), ".")
	forged = append(forged, "", ".", payload, payload+".", "."+mac, token+"A", token+".", token+"=", " "+token, longer+"."+mac,
		other.Sign("ip:203.0.113.7", "A", at.Add(time.Hour)), strings.Repeat("A", maxToken+1), strings.ToLower(token))
	for _, f := range forged {
		for _, now := range []time.Time{at, late} { // an expired forgery is a forgery
			if sender, _, err := s.Verify(f, now); !errors.Is(err, ErrInvalid) || sender != "" {
				t.Errorf("%q: %q %v", f, sender, err)
			}
		}
	}
}

func TestKeyIsMadeOnceAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "release.key")
	var tokens [8]string
	var group sync.WaitGroup
	for i := range tokens {
		group.Go(func() {
			s, err := LoadSigner(path)
			if err != nil {
				t.Error(err)
				return
			}
			tokens[i] = s.Sign("a", "b", at)
		})
	}
	group.Wait()
	for _, token := range tokens {
		if token != tokens[0] {
			t.Error("two have different keys")
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != keySize {
		t.Errorf("%v %v", info, err)
	}
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(files) != 1 {
		t.Errorf("files are left behind: %v", files)
	}
}

func TestKeysThatCannotBeUsed(t *testing.T) {
	for name, tt := range map[string]struct {
		size int
		mode os.FileMode
		err  string
	}{
		"short":        {keySize - 1, 0o600, "31 bytes, not 32"},
		"empty":        {0, 0o600, "0 bytes, not 32"},
		"long":         {keySize + 1, 0o600, "larger than 32"},
		"read by all":  {keySize, 0o644, "chmod 600"},
		"group writes": {keySize, 0o620, "chmod 600"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key")
			if err := errors.Join(os.WriteFile(path, make([]byte, tt.size), 0o600), os.Chmod(path, tt.mode)); err != nil {
				t.Fatal(err)
			}
			if _, err := LoadSigner(path); err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want one with %q", err, tt.err)
			}
		})
	}
	if _, err := LoadSigner("/nowhere/key"); err == nil {
		t.Error("a key in a directory that is not there")
	}
	if _, err := NewSigner(make([]byte, keySize-1)); err == nil {
		t.Error("a short key is taken")
	}
}
