package scoring

import "path"

// These rules look at files and at those in archives alike.
var archiveRules = []rule{
	{"ATTACH_DOUBLE_EXTENSION", always(3), "A program named like a document, also in an archive: invoice.pdf.exe.", attachDoubleExtension},
	{"ATTACH_ARCHIVE_PROGRAM", always(3.5), "An archive with a program or script in it.", attachArchiveProgram},
	{"ATTACH_ARCHIVE_NESTED", always(1.5), "A program, script or document with macros in an archive within an archive.", attachArchiveNested},
	{"ATTACH_ARCHIVE_LOCKED", always(1.5), "An encrypted archive, and the password in the text beside it.", attachArchiveLocked},
	{"ATTACH_MACROS", always(1), "An office document with macros, also in an archive.", attachMacros},
}

// inArchives finds a file within an attached archive that passes a test.
// Archives that are programs by their nature are left to ATTACH_PROGRAM.
func (f *facts) inArchives(test func(*Entry) bool) (string, bool) {
	for _, a := range f.files {
		switch a.ext {
		case "jar", "apk", "xpi", "crx":
			continue
		}
		for i := range a.Inside.Entries {
			if e := &a.Inside.Entries[i]; test(e) {
				return a.Name + ": " + e.Name, true
			}
		}
	}
	return "", false
}

// isProgram says whether an entry is a program or a script that is meant to be
// started: one among other files belongs to them.
func (e *Entry) isProgram() bool {
	ext := extension(e.Name)
	return e.Program || isProgramName(ext) || isShortcut(ext) || isScript(ext) && e.Only
}

// hasMacros says whether an entry is a document with macros, or the macros in
// one.
func (e *Entry) hasMacros() bool {
	return e.Macros || isMacroName(extension(e.Name)) || e.Depth > 0 && e.isMacroStream()
}

func attachArchiveProgram(f *facts) (string, bool) { return f.inArchives((*Entry).isProgram) }

func attachArchiveNested(f *facts) (string, bool) {
	return f.inArchives(func(e *Entry) bool {
		if e.isMacroStream() {
			return e.Depth > 1 // at 1, in a document in the only archive there is
		}
		return e.Depth > 0 && (e.isProgram() || e.hasMacros())
	})
}

func attachDoubleExtension(f *facts) (string, bool) {
	disguised := func(name string) bool {
		ext, inner := extensions(name)
		return isDocument(inner) && (isProgramName(ext) || isScript(ext) || isShortcut(ext))
	}
	if name, found := attached(func(a *file) bool { return disguised(a.Name) })(f); found {
		return name, true
	}
	return f.inArchives(func(e *Entry) bool { return disguised(path.Base(e.Name)) })
}

func attachMacros(f *facts) (string, bool) {
	if name, found := attached((*file).hasMacros)(f); found {
		return name, true
	}
	return f.inArchives((*Entry).hasMacros)
}

// passwordGiven finds a password told in the text, in several languages.
var passwordGiven = []wordlist{{"password-given", fieldText, patterns(
	`(?i)\b(?:pass ?(?:word|code|wort)?|pwd|pw|kennwort|mot de passe|contrase[nñ]a|senha|wachtwoord|has[lł]o)\s*(?:is|ist|est|es|:|=|for the (?:file|archive|zip|document))[\s:]*\S`)}}

func attachArchiveLocked(f *facts) (string, bool) {
	if f.weight("password-given") == 0 {
		return "", false
	}
	return attached(func(a *file) bool { return a.Inside.Locked })(f)
}
