package notify

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Why a token is not accepted.
var (
	ErrInvalid = errors.New("the link is not one that was sent from here")
	ErrExpired = errors.New("the link has expired")
)

const (
	keySize  = 32   // bytes: as many as SHA-256 gives
	maxToken = 4096 // bytes
	// purpose keeps what is signed here apart from whatever the key may sign
	// one day.
	purpose = "sluice release v1\x00"
)

// Signer signs and verifies release links with one key. A token is
// BASE64URL(JSON).BASE64URL(HMAC-SHA256), without padding: it hides nothing, and
// nobody without the key can make one.
type Signer struct{ key []byte }

// claim is what a token says.
type claim struct {
	Sender  string `json:"s"`
	Nonce   string `json:"n"`
	Expires int64  `json:"e"` // seconds since 1970
}

// encoding is strict: a token has one form only.
var encoding = base64.RawURLEncoding.Strict()

// Sign makes a token that lets a sender be released. The nonce names the change
// of standing that is undone, so that an old link cannot undo a later one; it is
// the caller who compares it. Whole seconds of expires count.
func (s Signer) Sign(sender, nonce string, expires time.Time) string {
	payload, err := json.Marshal(claim{sender, nonce, expires.Unix()})
	if err != nil { // of two strings and a number
		panic(err)
	}
	text := encoding.EncodeToString(payload)
	return text + "." + encoding.EncodeToString(s.mac(text))
}

// Verify returns what a token says. A token that was not signed with the key is
// ErrInvalid, whatever it says; one whose time has come is ErrExpired.
func (s Signer) Verify(token string, now time.Time) (sender, nonce string, err error) {
	text, signature, found := strings.Cut(token, ".")
	if !found || len(token) > maxToken {
		return "", "", ErrInvalid
	}
	mac, err := encoding.DecodeString(signature)
	if err != nil || !hmac.Equal(mac, s.mac(text)) {
		return "", "", ErrInvalid
	}
	payload, err := encoding.DecodeString(text)
	if err != nil {
		return "", "", ErrInvalid
	}
	var c claim
	if err := json.Unmarshal(payload, &c); err != nil {
		return "", "", ErrInvalid
	}
	if now.Unix() >= c.Expires {
		return "", "", ErrExpired
	}
	return c.Sender, c.Nonce, nil
}

func (s Signer) mac(text string) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(purpose + text))
	return h.Sum(nil)
}

// NewSigner uses a key of at least 32 bytes.
func NewSigner(key []byte) (Signer, error) {
	if len(key) < keySize {
		return Signer{}, fmt.Errorf("the key has %d bytes, not %d at least", len(key), keySize)
	}
	return Signer{key: append([]byte(nil), key...)}, nil
}

// LoadSigner reads the key from a file that nobody else may read, and makes one
// (mode 0600) if there is none. Two processes that do so at once get the same
// key. Removing the file makes all links invalid that were sent.
func LoadSigner(path string) (Signer, error) {
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = createKey(path); err == nil {
			key, err = readKey(path)
		}
	}
	if err != nil {
		return Signer{}, fmt.Errorf("key of release links: %w", err)
	}
	return NewSigner(key)
}

func readKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s: others may read or write it (mode %04o): chmod 600", path, info.Mode().Perm())
	}
	key, err := readBounded(path, keySize)
	if err != nil {
		return nil, err
	}
	if len(key) != keySize {
		return nil, fmt.Errorf("%s: %d bytes, not %d: remove it, and a new one is made", path, len(key), keySize)
	}
	return []byte(key), nil
}

// createKey writes a new key beside the place and links it there, so that no
// half a key is ever seen, and one that came first stays.
func createKey(path string) error {
	key := make([]byte, keySize)
	rand.Read(key)                                                // never fails
	f, err := os.CreateTemp(filepath.Dir(path), ".release-key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(key)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
