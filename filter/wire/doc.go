// Package wire carries the milter protocol: a guarded connection under
// github.com/emersion/go-milter that bounds what a peer can send and how long
// it may take, and that keeps what the library drops. Above it there is one
// Handler per connection, and nothing of the library is visible.
package wire
