package notify

// tidy is the gate that every notice passes: all texts bounded, of one line and
// valid UTF-8, all recipients redacted, all numbers and times writable as JSON.
// The result shares no memory with what the caller keeps.
func tidy(n Notice) Notice {
	n.Sender, n.Login = line(n.Sender, maxName), line(n.Login, maxName)
	n.Client, n.Helo, n.Name = line(n.Client, maxWord), line(n.Helo, maxName), line(n.Name, maxName)
	n.Group, n.Policy = line(n.Group, maxWord), line(n.Policy, maxWord)
	n.From, n.To, n.Ref = line(n.From, maxWord), line(n.To, maxWord), line(n.Ref, maxWord)
	n.At, n.Until, n.Points, n.Port = dated(n.At), dated(n.Until), finite(n.Points), port(n.Port)
	n.ReleaseURL, n.HelpURL = link(n.ReleaseURL), link(n.HelpURL)
	if checkMailbox(n.Customer) != nil {
		n.Customer = ""
	}
	redact := redactorFor(n.Samples)
	n.Evidence = tidyEvidence(n.Evidence, redact)
	samples := n.Samples[:min(len(n.Samples), maxSamples)]
	n.Samples = make([]Sample, 0, len(samples))
	for _, s := range samples {
		n.Samples = append(n.Samples, tidySample(s, redact))
	}
	return n
}

func tidyEvidence(evidence []Evidence, redact *redactor) []Evidence {
	evidence = evidence[:min(len(evidence), maxEvidence)]
	tidied := make([]Evidence, 0, len(evidence))
	for _, e := range evidence {
		tidied = append(tidied, Evidence{
			At:     dated(e.At),
			Kind:   line(e.Kind, maxWord),
			Points: finite(e.Points),
			Ref:    line(e.Ref, maxWord),
			Note:   redact.text(line(e.Note, maxNote)),
		})
	}
	return tidied
}

func tidySample(s Sample, redact *redactor) Sample {
	s.RcptsTotal = max(s.RcptsTotal, len(s.Rcpts))
	rcpts := s.Rcpts[:min(len(s.Rcpts), maxRcpts)]
	s.Rcpts = make([]string, 0, len(rcpts))
	for _, r := range rcpts {
		s.Rcpts = append(s.Rcpts, Redact(line(r, maxName)))
	}
	s.At, s.Score, s.Port = dated(s.At), finite(s.Score), port(s.Port)
	s.Ref = line(s.Ref, maxWord)
	s.From = redact.known(line(s.From, maxName))
	s.Subject = redact.subject(s.Subject)
	s.MessageID = redact.known(line(s.MessageID, maxName))
	s.Headers = redact.headers(s.Headers)
	return s
}

// port is 0 for what is no port.
func port(p int) int {
	if p < 0 || p > 65535 {
		return 0
	}
	return p
}
