package scoring

import (
	"encoding/binary"
	"strings"
)

// program is the beginning of a program for Windows.
var program = func() string {
	head := make([]byte, 128)
	copy(head, "MZ")
	binary.LittleEndian.PutUint32(head[60:], 96)
	copy(head[96:], "PE\x00\x00")
	return string(head)
}()

var (
	eicar = string(eicarStart) + string(eicarSign)

	// macros is the beginning of an OLE file with a stream of macros.
	macros = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 500) + string(wideASCII("_VBA_PROJECT"))
)

const (
	octets   = "application/octet-stream"
	zipType  = "application/zip"
	msword   = "application/msword"
	htmlType = "text/html"
)

var attachmentCases = []ruleCase{
	{rule: "ATTACH_PROGRAM", hit: attachment("setup.EXE", octets, "x"), near: attachment("exe.txt", octets, "MZ is how programs begin")},
	{rule: "ATTACH_PROGRAM", hit: attachment("setup.bin", octets, program), near: attachment("setup.bin", octets, program[:63])},
	{rule: "ATTACH_SCRIPT", hit: attachment("invoice.js", octets, "x"), near: attachment("invoice.json", octets, "x")},
	{rule: "ATTACH_SHORTCUT", hit: attachment("folder.lnk", octets, "x"), near: attachment("folder.link", octets, "x")},
	{rule: "ATTACH_DISGUISED", hit: attachment("photo.jpg", "image/jpeg", program), near: attachment("photo.jpg", "image/jpeg", "\xff\xd8\xff")},
	{rule: "ATTACH_ARCHIVE_RARE", hit: attachment("a.ace", octets, "x"), near: attachment("a.rar", octets, "x")},
	{rule: "ATTACH_DISK_IMAGE", hit: attachment("a.iso", octets, "x"), near: attachment("a.iso.txt", octets, "x")},
	{rule: "ATTACH_NOTEBOOK", hit: attachment("a.one", octets, "x"), near: attachment("one", octets, "x")},
	{rule: "EICAR", hit: attachment("eicar.txt", "text/plain", eicar+"\n"), near: attachment("eicar.txt", "text/plain", "Here: "+eicar)},
	{rule: "EICAR", hit: letter("", eicar), near: letter("", "The test file has "+string(eicarSign)+" in it.")},
}
