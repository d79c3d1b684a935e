package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"

	"sluice/scoring"
)

// printRules lists the built-in rules by name: their points in each score set
// unless the configuration says otherwise, and what they find.
func printRules(w io.Writer, asJSON bool) error {
	if asJSON {
		return rulesJSON(w)
	}
	t := plainTable(w, "rule", "direct", "relayed", "authenticated", "what it finds")
	for _, r := range scoring.Rules() {
		row := table.Row{r.Name}
		for _, set := range []scoring.Set{scoring.Direct, scoring.Relayed, scoring.Authenticated} {
			row = append(row, fmt.Sprintf("%7.2f", r.Points[set]))
		}
		t.AppendRow(append(row, r.Doc))
	}
	t.Render()
	return nil
}

func rulesJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for _, r := range scoring.Rules() {
		if err := encoder.Encode(struct {
			Rule   string                  `json:"rule"`
			Points map[scoring.Set]float64 `json:"points"`
			Doc    string                  `json:"doc"`
		}{r.Name, r.Points, r.Doc}); err != nil {
			return err
		}
	}
	return nil
}

// plainTable is a table without lines, but for one below its header.
func plainTable(w io.Writer, header ...any) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.Style().Options = table.OptionsNoBordersAndSeparators
	if len(header) > 0 {
		t.AppendHeader(header)
	}
	return t
}
