package control

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"sluice/policy/exception"
	"sluice/policy/standing"
)

func (h *handler) sender(r *http.Request) (any, error) {
	key, err := h.Resolve(r.PathValue("sender"))
	if err != nil {
		return nil, invalid(err)
	}
	info, is := h.Book().Info(key, h.Now())
	if !is {
		info.Sender, info.Policy = key, h.Policy(key)
	}
	s := Sender{Info: info}
	if s.History, err = h.History(r.Context(), key); err != nil {
		return nil, err
	}
	if !is && len(s.History) == 0 {
		return nil, unknown("nothing is known of %s", key)
	}
	if s.Limits, err = h.Limits(r.Context(), key); err != nil {
		return nil, err
	}
	for _, e := range h.Exceptions().All() {
		if e.Concerns(exception.WhoIs(key, info.Group)) {
			s.Exceptions = append(s.Exceptions, e)
		}
	}
	return s, nil
}

// order reads an order, and has it carried out.
func (h *handler) order(carry func(r *http.Request, key string, o Order, a standing.Act) (standing.Change, bool, error)) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		var o Order
		if err := read(r, &o); err != nil {
			return nil, err
		}
		switch {
		case strings.TrimSpace(o.Why) == "":
			return nil, invalid(errors.New("why? (somebody will ask)"))
		case len(o.Why) > maxWhy || len(o.By) > maxWhy:
			return nil, invalid(fmt.Errorf("a text is longer than %d bytes", maxWhy))
		}
		key, err := h.Resolve(r.PathValue("sender"))
		if err != nil {
			return nil, invalid(err)
		}
		c, is, err := carry(r, key, o, standing.Act{At: h.Now(), By: by(r, o.By), Why: o.Why})
		if err != nil {
			return nil, err
		}
		if !is {
			return nil, unknown("nothing is known of %s", key)
		}
		h.Save()
		return Result{Sender: key, From: c.From, To: c.To, Until: c.Until, Observe: c.Observe}, nil
	}
}

func (h *handler) block(_ *http.Request, key string, o Order, a standing.Act) (standing.Change, bool, error) {
	return h.Book().Block(key, h.Policy(key), o.For, a), true, nil
}

func (h *handler) release(_ *http.Request, key string, _ Order, a standing.Act) (standing.Change, bool, error) {
	c, is := h.Book().Release(key, a)
	return c, is, nil
}

// reset forgets the sender's standing, and what is counted for it.
func (h *handler) reset(r *http.Request, key string, _ Order, a standing.Act) (standing.Change, bool, error) {
	if err := h.ResetLimits(r.Context(), key); err != nil {
		return standing.Change{}, false, err
	}
	c, is := h.Book().Reset(key, a)
	if !is {
		c.Sender = key
		h.Did(a.By, "reset", key, "why", a.Why)
	}
	return c, true, nil
}

// evidence takes in what a feed knows of a sender.
func (h *handler) evidence(r *http.Request) (any, error) {
	var report Report
	if err := read(r, &report); err != nil {
		return nil, err
	}
	e := standing.Event{Time: h.Now(), Ref: report.Ref}
	switch report.Kind {
	case standing.Complaints:
		e.Complaints = report.Count
	case standing.Reports:
		e.Reports = report.Count
	default:
		return nil, invalid(fmt.Errorf("%s are not for a feed to report (complaints, reports)", report.Kind))
	}
	if report.Count < 1 || report.Count > MaxReport || len(report.Ref) > maxWhy || len(report.By) > maxWhy {
		return nil, invalid(fmt.Errorf("a count from 1 to %d is wanted, and short texts", MaxReport))
	}
	key, err := h.Resolve(r.PathValue("sender"))
	if err != nil {
		return nil, invalid(err)
	}
	before, _ := h.Book().Info(key, h.Now())
	h.Note(key, e)
	h.Did(by(r, report.By), "report", key, "kind", report.Kind, "count", report.Count)
	after, _ := h.Book().Info(key, h.Now())
	return Result{Sender: key, From: before.Stage, To: after.Stage, Until: moment(after.Until)}, nil
}

func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func (h *handler) exceptions(*http.Request) (any, error) {
	return h.Exceptions().All(), nil
}

func (h *handler) except(r *http.Request) (any, error) {
	var e exception.Exception
	if err := read(r, &e); err != nil {
		return nil, err
	}
	e.ID, e.By = "", by(r, e.By)
	made, err := h.Exceptions().Add(e, h.Now())
	var cannot *exception.Unusable
	if errors.As(err, &cannot) {
		return nil, invalid(err)
	}
	if err == nil {
		h.Did(made.By, "exempt", made.Subject, "id", made.ID, "scope", made.Scope, "factor", made.Factor, "owner", made.Owner, "reason", made.Reason)
	}
	return made, err
}

func (h *handler) unexcept(r *http.Request) (any, error) {
	gone, is, err := h.Exceptions().Remove(r.PathValue("id"))
	if err == nil && !is {
		err = unknown("there is no exception %s", r.PathValue("id"))
	}
	if err == nil {
		h.Did(by(r, ""), "unexempt", gone.Subject, "id", gone.ID, "scope", gone.Scope)
	}
	return gone, err
}
