package mta

import (
	"context"
	"crypto/tls"
	"fmt"
	"time"
)

// settleTime bounds how long a server may take to deliver what it has.
const settleTime = 20 * time.Second

// Settle returns when a server has nothing left to filter or to deliver, so
// that what is not at the sink by then does not come.
func Settle(ctx context.Context, s interface{ Busy() (bool, error) }) error {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	for {
		busy, err := s.Busy()
		if err != nil {
			return fmt.Errorf("look at the queue: %w", err)
		}
		if !busy {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("mail is left in the queue: %w", ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// ClientTLS is a configuration with which a client of the servers can start
// TLS: their certificate is self-signed and new each time, so it is not
// verified.
func ClientTLS() *tls.Config { return &tls.Config{InsecureSkipVerify: true} }
