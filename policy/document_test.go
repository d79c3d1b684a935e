package policy

import (
	"reflect"
	"strings"
	"testing"
)

// TestRepliesAreDocumented holds the documentation of the replies against the
// reasons and variables that there are.
func TestRepliesAreDocumented(t *testing.T) {
	field, _ := reflect.TypeFor[FlowConfig]().FieldByName("Replies")
	doc := field.Tag.Get("doc")
	for _, reason := range answered {
		if !strings.Contains(doc, string(reason)) {
			t.Errorf("the reason %s is not documented", reason)
		}
	}
	for _, name := range variables {
		if !strings.Contains(doc, "{"+name+"}") {
			t.Errorf("the variable {%s} is not documented", name)
		}
	}
}
