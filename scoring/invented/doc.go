// Package invented makes messages out of invented mail. What people wrote stands
// in testdata/mail/invented in a compact form, one file with many messages; this
// package gives each the dress that mail wears: the header of one of several
// programs, plain text and HTML in one of several styles, MIME parts, transfer
// encodings, attachments. Honest mail and spam draw from the same dresses, so
// that a model that is trained on it cannot take the dress for the man.
//
// The same mail, variant and seed give the same bytes.
//
// The form: a message begins with a line "===", then come fields (kind, lang,
// from and subject are required; reply-to, to, cc, style, attach, in-reply-to),
// an empty line and the body, a paragraph a line:
//
//	# heading
//	- item of a list
//	> quoted line
//	| cell | cell |
//	[text](https://host.example/path), a link
//	[[text]](https://host.example/path), a button
//	![alternative text](name.png), an image
//	~ small print
//	-- (a signature follows)
package invented
