package notify

import "time"

// dispatch looks at notices in their order until the queue is closed and empty.
func (n *Notifier) dispatch() {
	for {
		var due <-chan time.Time
		if n.gathered.due != nil {
			due = n.gathered.due.C
		}
		select {
		case notice, open := <-n.queue:
			if !open {
				n.flush()
				return
			}
			n.handle(notice)
		case <-due:
			n.flush()
		}
	}
}

// handle tells one notice, or does not.
func (n *Notifier) handle(notice Notice) {
	if notice.Customer == "" {
		notice.Customer = n.customers.Load().Lookup(notice.Sender)
	}
	now := n.now()
	start := n.throttle.start
	switch n.throttle.decide(notice, now) {
	case suppress:
		n.stats.Suppressed.Add(1)
		n.log.Debug("notice suppressed: it says nothing new", "sender", notice.Sender, "change", notice.Kind())
	case gather:
		n.stats.Gathered.Add(1)
		n.gather(notice, now)
	case join:
		n.stats.Gathered.Add(1)
		n.gather(notice, now)
		n.tellCustomer(n.identified(), notice)
	case tell:
		if n.throttle.start != start {
			n.flush() // of the hour before, if its timer was late
		}
		n.tell(notice)
	}
}

// gather keeps a notice for the digest, which is due at the end of the hour.
func (n *Notifier) gather(notice Notice, now time.Time) {
	if n.gathered.due == nil {
		n.gathered.start = n.throttle.start
		n.gathered.due = time.NewTimer(n.throttle.start.Add(window).Sub(now))
	}
	if n.gathered.count++; len(n.gathered.rows) < maxRows {
		n.gathered.rows = append(n.gathered.rows, rowOf(notice))
	}
}

// tell gives one notice to every route.
func (n *Notifier) tell(notice Notice) {
	b := n.identified()
	d := delivery{id: b.id, what: notice.Kind(), sender: notice.Sender}
	e := event{Version: eventVersion, Event: "standing", ID: b.id, Time: n.now().UTC(), Host: b.host, Kind: d.what, Notice: &notice}
	if reportable(notice) {
		report := b.xarf(notice)
		e.XARF = &report
	}
	n.post(e, d)
	toCustomer := n.tellsCustomer(notice)
	for _, to := range n.operators() {
		n.send(d, to, func() ([]byte, error) { return b.forOperator(n.templates, notice, toCustomer, to) })
	}
	n.tellCustomer(b, notice)
}

// identified is a builder with an identifier of its own.
func (n *Notifier) identified() builder {
	b := n.builder
	b.id = n.newID()
	return b
}

func (n *Notifier) tellCustomer(b builder, notice Notice) {
	if n.tellsCustomer(notice) {
		d := delivery{id: b.id, what: notice.Kind(), sender: notice.Sender}
		n.send(d, notice.Customer, func() ([]byte, error) { return b.forCustomer(n.templates, notice) })
	}
}

// tellsCustomer: only what the customer feels, and never what is only recorded.
func (n *Notifier) tellsCustomer(notice Notice) bool {
	switch notice.Kind() {
	case Blocked, Restricted, Released:
		return n.mail != nil && n.config.Customer && notice.Customer != "" && !notice.Observe
	}
	return false
}

// operators are whom to mail.
func (n *Notifier) operators() []string {
	if n.mail == nil {
		return nil
	}
	return n.config.Operator
}

// flush sends the digest, if there is anything to say.
func (n *Notifier) flush() {
	g := n.gathered
	if g.due == nil {
		return
	}
	g.due.Stop()
	n.gathered = digest{}
	b := n.identified()
	now := n.now().UTC()
	omitted := g.count - len(g.rows)
	d := delivery{id: b.id, what: "digest"}
	n.post(event{Version: eventVersion, Event: "digest", ID: b.id, Time: now, Host: b.host, Rows: g.rows, Omitted: omitted}, d)
	view := digestView{Start: g.start, PerHour: n.config.PerHour, Count: g.count, Omitted: omitted, Rows: g.rows}
	for _, to := range n.operators() {
		n.send(d, to, func() ([]byte, error) { return b.forDigest(n.templates, view, now, to) })
	}
}

// post gives an event to the routes that take JSON.
func (n *Notifier) post(e event, d delivery) {
	if n.webhook == nil && n.command == nil {
		return
	}
	var err error
	if d.body, err = e.encode(); err != nil {
		n.failed(d, err)
		return
	}
	for _, r := range []*route{n.webhook, n.command} {
		if r != nil {
			r.put(d)
		}
	}
}

// send gives a mail to its route.
func (n *Notifier) send(d delivery, to string, write func() ([]byte, error)) {
	var err error
	d.to = to
	if d.body, err = write(); err != nil {
		n.failed(d, err)
		return
	}
	n.mail.put(d)
}

// failed counts what could not even be written.
func (n *Notifier) failed(d delivery, err error) {
	n.stats.Failed.Add(1)
	n.log.Error("notice not written", "sender", d.sender, "change", d.what, "err", err)
}
