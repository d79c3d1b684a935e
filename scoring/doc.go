// Package scoring reads a message and says how much it looks like spam, and
// why. It knows nothing of limits, groups or the milter protocol.
//
// A Message is the bounded view of one message: fed with headers and body as
// they arrive, it keeps a limited amount whatever the sender sends. A Scorer
// is compiled once from a Config; it is safe for concurrent use and turns a
// Message and an Input into a Report.
//
// Beside the rules stands a trained model (package model): features.go says what
// it looks at, words.go and topics.go read the text, weigh.go turns its verdict,
// and what a site has taught, into hits.
//
// Rules are data: a table of names, points, sentences and functions over facts
// that are worked out once per message (rules_*.go). All patterns, those of
// the operator's own rules included, are looked for in one pass over each
// field (matcher.go). Phrases come in families, and one phrase is never
// enough. Attached archives, and those in them, are looked into within bounds
// (archive.go), and so are the pages that a browser opens (page.go); QR codes in
// images are links like others (codes.go, package qrcode). Clients are asked about
// in the package reputation, viruses in the package clamav, both beside the rules
// and under the deadline of the message.
//
// Near-identical messages are counted, over time and over senders, where
// Input.Campaigns says (package campaign): letter.go finds what a writer has to
// say himself, print.go makes a print of it, and outbreak.go says what many
// copies are worth.
//
// What is asked about a message depends on its score set. With Direct, the
// reputation of the client's address counts: blocklists and local lists are
// asked. With Relayed and Authenticated it does not: they are not even asked,
// and the report lists them as skipped. DNS lists of the domains that a message
// mentions judge its content, and are asked with every set. SPF, DKIM and DMARC
// are checked in the package authentication, with Direct only.
package scoring
