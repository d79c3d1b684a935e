package mta

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
)

// namesScript runs in a mount namespace of its own, in which /etc/resolv.conf
// and /etc/nsswitch.conf are those of the directory $1 if it has them: a server
// started by it finds names in its own name server alone, hosts file and
// machine notwithstanding. The rest is the command.
const namesScript = `
dir=$1; shift
for file in resolv.conf nsswitch.conf; do
	[ ! -e "$dir/$file" ] || mount --bind "$dir/$file" "/etc/$file"
done
exec "$@"
`

// writeNames writes the files that namesScript puts into place.
func writeNames(dir string, resolver netip.Addr) error {
	if !resolver.IsValid() {
		return nil
	}
	for name, text := range map[string]string{
		"resolv.conf":   fmt.Sprintf("nameserver %s\n", resolver),
		"nsswitch.conf": "passwd: files\ngroup: files\nservices: files\nprotocols: files\nhosts: dns\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("write configuration: %w", err)
		}
	}
	return nil
}

// named is a command that runs by namesScript if there is a name server, and
// as it is without one.
func named(dir string, resolver netip.Addr, command ...string) []string {
	if !resolver.IsValid() {
		return command
	}
	return append([]string{"unshare", "--mount", "sh", "-euc", namesScript, "sh", dir}, command...)
}
