// Package control is the control API of a running Sluice: HTTP with JSON on a unix
// socket, which the commands use, and whatever else an operator connects.
//
//	GET    /v1/status                     what is running, and what has fallen back to observe
//	GET    /v1/senders                    senders; the query parameters are those of Query
//	GET    /v1/senders/{sender}           one of them, with its limits and history
//	POST   /v1/senders/{sender}/block     refuse its mail; the body is an Order
//	POST   /v1/senders/{sender}/release   make it clean
//	POST   /v1/senders/{sender}/reset     forget it, and what is counted for it
//	POST   /v1/senders/{sender}/evidence  what another system knows; the body is a Report
//	GET    /v1/exceptions                 all of them
//	POST   /v1/exceptions                 make one; the body is an Exception
//	DELETE /v1/exceptions/{id}            remove one
//
// A sender is written as in records ("ip:203.0.113.7", "login:bob"), or as an
// address or a login with an @. An answer that is not 200 has a body
// {"error": "..."}. Everything that is done is recorded with who did it: the user
// at the other end of the socket, as the kernel knows it (SO_PEERCRED, unix(7)).
// Whoever can write to the socket may do all of it: the mode of the socket is what
// keeps others out.
//
// Requests are bounded: their size, their number at once, their time.
package control
