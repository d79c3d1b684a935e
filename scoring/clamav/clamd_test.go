package clamav

import (
	"encoding/hex"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// eicar is the EICAR test file, in pieces so that no scanner takes this source
// for it.
var eicar = `X5O!P%@AP[4\PZX54(P^)7CC)7}` + `$EICAR-STANDARD-` + `ANTIVIRUS-TEST-FILE!$H+H*`

// streamMaxLength is the StreamMaxLength of the instance under test, in bytes.
const streamMaxLength = 1 << 20

// startClamd runs a private clamd whose only signature is EICAR's and returns
// its address.
func startClamd(t *testing.T) string {
	t.Helper()
	binary, err := exec.LookPath("clamd")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("clamd is not installed (Debian package clamav-daemon)")
		}
		t.Skip("clamd is not installed (Debian package clamav-daemon)")
	}
	dir, err := os.MkdirTemp("", "clamd") // short: a socket's path is limited
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "socket")
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// NAME:TARGET:OFFSET:SIGNATURE; target 0 is any file.
	write("test.ndb", "Test-Signature:0:*:"+hex.EncodeToString([]byte(eicar))+"\n")
	write("clamd.conf", strings.Join([]string{
		"Foreground yes",
		"LocalSocket " + socket,
		"DatabaseDirectory " + dir,
		"TemporaryDirectory " + dir,
		"StreamMaxLength 1M",
		"MaxThreads 2",
	}, "\n")+"\n")

	cmd := exec.Command(binary, "-c", filepath.Join(dir, "clamd.conf"))
	var output strings.Builder
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		cmd.Wait()
		close(exited)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-exited
	})
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if conn, err := net.Dial("unix", socket); err == nil {
			conn.Close()
			return "unix:" + socket
		}
		select {
		case <-exited:
			t.Fatalf("clamd ended: %s", output.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
	t.Fatal("clamd does not listen")
	return ""
}

func TestRealClamd(t *testing.T) {
	c := newClient(t, startClamd(t), patience)
	attachment := "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n" +
		"Content-Disposition: attachment; filename=a.com\r\n\r\n" + eicar + "\r\n"
	for name, tt := range map[string]struct {
		message, virus string
		err            error
	}{
		"clean":            {"Subject: x\r\n\r\nGood morning\r\n", "", nil},
		"infected":         {attachment, "Test-Signature.UNOFFICIAL", nil},
		"nearly infected":  {strings.Replace(attachment, "EICAR", "EISAR", 1), "", nil},
		"at the size":      {strings.Repeat("x", streamMaxLength), "", nil},
		"one byte more":    {strings.Repeat("x", streamMaxLength+1), "", ErrSize},
		"nothing at all":   {"", "", nil},
		"far above a size": {strings.Repeat("x", 8*streamMaxLength), "", ErrSize},
	} {
		t.Run(name, func(t *testing.T) {
			virus, err := c.Scan(t.Context(), strings.NewReader(tt.message))
			if virus != tt.virus || !errors.Is(err, tt.err) {
				t.Errorf("virus %q, error %v; want %q, %v", virus, err, tt.virus, tt.err)
			}
		})
	}
}
