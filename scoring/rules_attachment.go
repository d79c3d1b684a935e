package scoring

import (
	"bytes"
	"strings"
)

var attachmentRules = []rule{
	{"ATTACH_PROGRAM", always(4), "A program, by its name or its first bytes.", attachProgram},
	{"ATTACH_SCRIPT", always(4), "A script that the system runs when it is opened.", attachExt(isScript)},
	{"ATTACH_SHORTCUT", always(3), "A shortcut that starts something else when it is opened.", attachExt(isShortcut)},
	{"ATTACH_DISGUISED", always(3), "A program that claims to be a document or an image.", attachDisguised},
	{"ATTACH_ARCHIVE_RARE", always(1), "An archive of a kind that hardly anybody uses but to get past scanners.", attachExt(isRareArchive)},
	{"ATTACH_DISK_IMAGE", always(2), "A disk image, which takes files past the marks of their origin.", attachExt(isDiskImage)},
	{"ATTACH_NOTEBOOK", always(1.5), "A OneNote file, which may carry programs.", attachExt(isNotebook)},
	{"EICAR", always(20), "The test file of the European Institute for Computer Antivirus Research.", eicarFile},
}

// attached makes a rule of a test that one attachment must pass.
func attached(test func(*file) bool) func(*facts) (string, bool) {
	return func(f *facts) (string, bool) {
		for i := range f.files {
			if test(&f.files[i]) {
				return f.files[i].Name, true
			}
		}
		return "", false
	}
}

func attachExt(test func(ext string) bool) func(*facts) (string, bool) {
	return attached(func(f *file) bool { return test(f.ext) })
}

func isProgramName(ext string) bool {
	switch ext {
	case "exe", "scr", "pif", "com", "cpl", "msi", "msp", "msix", "appx", "dll", "ocx", "sys", "jar", "apk", "application", "gadget", "hta":
		return true
	}
	return false
}

func isScript(ext string) bool {
	switch ext {
	case "js", "jse", "vbs", "vbe", "wsf", "wsh", "wsc", "sct", "bat", "cmd", "ps1", "psm1", "ps2", "msc", "reg", "chm", "xll", "iqy", "slk":
		return true
	}
	return false
}

func isShortcut(ext string) bool {
	switch ext {
	case "lnk", "scf", "library-ms", "search-ms", "settingcontent-ms", "appref-ms", "website", "diagcab":
		return true
	}
	return false
}

func isRareArchive(ext string) bool {
	switch ext {
	case "ace", "arj", "lzh", "lha", "cab", "z", "uue", "xxe", "bz", "r00", "wim":
		return true
	}
	return false
}

func isDiskImage(ext string) bool {
	switch ext {
	case "iso", "img", "vhd", "vhdx", "udf", "daa":
		return true
	}
	return false
}

func isNotebook(ext string) bool { return ext == "one" || ext == "onepkg" }

// isDocument says whether people expect to read a file of that name.
func isDocument(ext string) bool {
	switch ext {
	case "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "rtf", "txt", "csv", "odt", "ods",
		"jpg", "jpeg", "png", "gif", "bmp", "tif", "tiff", "mp3", "mp4", "avi", "wav", "htm", "html":
		return true
	}
	return false
}

func attachProgram(f *facts) (string, bool) {
	return attached(func(a *file) bool { return isProgramName(a.ext) || isProgram(a.Head) })(f)
}

func attachDisguised(f *facts) (string, bool) {
	return attached(func(a *file) bool {
		document := strings.HasPrefix(a.Type, "image/") || strings.HasPrefix(a.Type, "audio/") ||
			strings.HasPrefix(a.Type, "text/") || a.Type == "application/pdf" || a.Type == "application/msword"
		return isProgram(a.Head) && (isDocument(a.ext) || document)
	})(f)
}

// eicarSign is the part of the EICAR test file that is looked for, in pieces
// so that no scanner takes this program for it.
var eicarSign = []byte("$EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*")

// eicarStart is how a file must begin to be the EICAR test file.
var eicarStart = []byte(`X5O!P%@AP[4\PZX54(P^)7CC)7}`)

func eicarFile(f *facts) (string, bool) {
	isEicar := func(data []byte) bool {
		return bytes.HasPrefix(data, eicarStart) && bytes.HasPrefix(data[len(eicarStart):], eicarSign)
	}
	if isEicar([]byte(strings.TrimSpace(cutString(f.m.Text(), 200)))) {
		return "the text", true
	}
	return attached(func(a *file) bool { return isEicar(bytes.TrimSpace(a.Head)) })(f)
}
