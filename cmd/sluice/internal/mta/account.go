package mta

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// The one account that both servers know, in the realm Hostname.
const (
	User     = "alice"
	Password = "correct-horse"
)

// makeAccount writes the file sasldb in dir. Sendmail 8.17 refuses one that
// others can read, Postfix reads it as its own user: the caller changes the
// owner.
func makeAccount(dir string) error {
	cmd := exec.Command("saslpasswd2", "-p", "-c", "-f", filepath.Join(dir, "sasldb"), "-u", Hostname, User)
	cmd.Stdin = strings.NewReader(Password)
	if err := run(cmd); err != nil {
		return fmt.Errorf("make the account: %w", err)
	}
	return os.Chmod(filepath.Join(dir, "sasldb"), 0o600)
}

// makeCertificate writes cert.pem, self-signed, and key.pem, readable by root
// alone, in dir. They are good for a day from an hour before now.
func makeCertificate(dir string, now time.Time) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make the key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: Hostname},
		DNSNames:     []string{Hostname},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(24 * time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return fmt.Errorf("make the certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encode the key: %w", err)
	}
	if err := writePEM(filepath.Join(dir, "cert.pem"), "CERTIFICATE", cert, 0o644); err != nil {
		return err
	}
	return writePEM(filepath.Join(dir, "key.pem"), "PRIVATE KEY", private, 0o600)
}

func writePEM(path, kind string, der []byte, mode os.FileMode) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode)
}

// run runs a command; what it printed becomes part of the error.
func run(cmd *exec.Cmd) error {
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, bytes.TrimSpace(out))
	}
	return nil
}
