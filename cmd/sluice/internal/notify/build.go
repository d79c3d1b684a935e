package notify

import (
	"fmt"
	"log/slog"
	"net/mail"
	"time"
)

// sendmailProgram is where every MTA puts it.
const sendmailProgram = "/usr/sbin/sendmail"

// build makes a notifier that does not run yet.
func build(c Config, o Options) (*Notifier, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	ts, err := loadTemplates(inDir(o.Dir, c.Templates))
	if err != nil {
		return nil, fmt.Errorf("notify.templates: %w", err)
	}
	b, err := newBuilder(c, o)
	if err != nil {
		return nil, fmt.Errorf("notify.from: %w", err)
	}
	n := &Notifier{
		config: c, log: o.Log, now: o.Now, builder: b, templates: ts, newID: uuid,
		throttle: newThrottle(time.Duration(c.PerSender), c.PerHour),
		queue:    make(chan Notice, noticeQueue),
		done:     make(chan struct{}),
	}
	if err := n.addRoutes(o); err != nil {
		return nil, err
	}
	return n, nil
}

// newBuilder decides whose mail it is.
func newBuilder(c Config, o Options) (builder, error) {
	b := builder{host: "localhost", version: ascii(o.Version, maxWord), organization: c.Organization}
	if isDomain(o.Hostname) {
		b.host = o.Hostname
	}
	from := &mail.Address{Address: "postmaster"}
	if isDomain(o.Hostname) {
		from.Address = "sluice@" + o.Hostname
	}
	if c.From != "" {
		var err error
		if from, err = parseFrom(c.From); err != nil {
			return builder{}, err
		}
	}
	b.from = *from
	if b.organization == "" {
		b.organization = b.domain()
	}
	return b, nil
}

// addRoutes opens the ways that notices leave by.
func (n *Notifier) addRoutes(o Options) error {
	c := n.config
	if c.Webhook != "" {
		var secret []byte
		if c.SecretFile != "" {
			var err error
			if secret, err = readSecret(inDir(o.Dir, c.SecretFile)); err != nil {
				return fmt.Errorf("notify.webhook_secret_file: %w", err)
			}
		}
		n.webhook = n.addRoute("webhook", newWebhook(c.Webhook, secret, n.builder.version, o.Now))
	}
	if len(c.Command) > 0 {
		n.command = n.addRoute("command", commandTransport{c.Command})
	}
	if c.Mail == "" || len(c.Operator) == 0 && !c.Customer {
		return nil
	}
	host, err := smtpHost(c.Mail)
	switch {
	case err != nil:
		return fmt.Errorf("notify.mail: %w", err)
	case host == "":
		n.mail = n.addRoute("mail", sendmailTransport{sendmailProgram})
	default:
		n.mail = n.addRoute("mail", smtpTransport{address: c.Mail[len("smtp:"):], helo: n.builder.host})
	}
	return nil
}

func (n *Notifier) addRoute(name string, t transport) *route {
	r := &route{
		name: name, transport: t, queue: make(chan delivery, routeQueue), timeout: time.Duration(n.config.Timeout),
		log: n.log, now: n.now, stats: &n.stats,
	}
	n.routes = append(n.routes, r)
	return r
}
