package scoring

// These rules look at files that are opened in a browser, where scripts run and
// no mail reader watches.
var pageRules = []rule{
	{"ATTACH_HTML", always(0.3), "A page to be opened in the browser.", attachHTML},
	{"ATTACH_HTML_SCRIPT", always(1.5), "A page with a script, a form or a redirection, to be opened in the browser.", attachHTMLScript},
	{"ATTACH_SVG_SCRIPT", always(2), "An SVG image with a script or a form in it, beside ATTACH_HTML_SCRIPT.", attachSVGScript},
	{"ATTACH_SVG_LINK", always(1), "An SVG image that leads to a page, as no image in mail has to.", attachSVGLink},
}

func (p *Page) isActive() bool { return p.Script || p.Asks }

func attachHTML(f *facts) (string, bool) {
	return attached(func(a *file) bool { return a.Page.Kind == "html" })(f)
}

func attachHTMLScript(f *facts) (string, bool) {
	return attached(func(a *file) bool { return a.Page.Kind != "" && a.Page.isActive() })(f)
}

func attachSVGScript(f *facts) (string, bool) {
	return attached(func(a *file) bool { return a.Page.Kind == "svg" && a.Page.isActive() })(f)
}

func attachSVGLink(f *facts) (string, bool) {
	for _, a := range f.files {
		if a.Page.Kind == "svg" && a.Page.Link != "" {
			return a.Name + ": " + a.Page.Link, true
		}
	}
	return "", false
}
