package scenarios

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// YAML is the scenario's complete form: every field with its value, in the order
// of the description. Parse reads it back to an equal scenario.
func (s *Scenario) YAML() []byte {
	var b strings.Builder
	printGroup(&b, root, reflect.ValueOf(s).Elem(), reflect.Value{}, "")
	return []byte(b.String())
}

// Brief is the scenario's short form: the fields that differ from Default. Parse
// reads it back to an equal scenario.
func (s *Scenario) Brief() []byte {
	var b strings.Builder
	printGroup(&b, root, reflect.ValueOf(s).Elem(), reflect.ValueOf(Default()).Elem(), "")
	return []byte(b.String())
}

// printGroup prints the fields of a group, without those that are as in but, if
// that is valid.
func printGroup(b *strings.Builder, g *field, v, but reflect.Value, indent string) {
	for _, f := range g.children {
		fv := v.Field(f.index)
		var same reflect.Value
		if but.IsValid() {
			if same = but.Field(f.index); reflect.DeepEqual(fv.Interface(), same.Interface()) {
				continue
			}
		}
		switch {
		case f.kind == kindAnalysers && !fv.FieldByName("List").IsNil():
			fmt.Fprintf(b, "%s%s:\n", indent, f.key)
			for _, a := range fv.Interface().(Analysers).List {
				fmt.Fprintf(b, "%s  - {id: %s, weight: %d, spare: %t}\n", indent, quoteYAML(a.ID), a.Weight, a.Spare)
			}
		case f.kind == kindAnalysers: // whole: what a file leaves out of it has no default
			fmt.Fprintf(b, "%s%s:\n", indent, f.key)
			printGroup(b, f, fv, reflect.Value{}, indent+"  ")
		case f.kind == kindGroup:
			fmt.Fprintf(b, "%s%s:\n", indent, f.key)
			printGroup(b, f, fv, same, indent+"  ")
		case f.kind == kindList:
			var items []string
			for i := range fv.Len() {
				items = append(items, printScalar(f.elem, fv.Index(i)))
			}
			fmt.Fprintf(b, "%s%s: [%s]\n", indent, f.key, strings.Join(items, ", "))
		default:
			fmt.Fprintf(b, "%s%s: %s\n", indent, f.key, printText(f, fv, indent))
		}
	}
}

// printText writes text of several plain lines as a block, all else as a scalar.
func printText(f *field, v reflect.Value, indent string) string {
	text := f.text(v)
	multi := f.kind == kindText || f.kind == kindPlan
	if !multi || !strings.Contains(text, "\n") || !blockable(text) {
		return printScalar(f, v)
	}
	mark := "|\n"
	if !strings.HasSuffix(text, "\n") {
		mark = "|-\n"
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	return mark + indent + "  " + strings.Join(lines, "\n"+indent+"  ")
}

// blockable says that a block holds the text exactly: lines of printable ASCII
// that neither begin nor end with space, none empty.
func blockable(text string) bool {
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		if line == "" || strings.TrimSpace(line) != line {
			return false
		}
		for i := range len(line) {
			if line[i] < ' ' || line[i] > '~' {
				return false
			}
		}
	}
	return true
}

func printScalar(f *field, v reflect.Value) string {
	if f.kind == kindText || f.kind == kindPlan {
		return quoteYAML(f.text(v))
	}
	return f.text(v)
}

// quoteYAML writes a text as a double-quoted YAML scalar; words stay plain where
// YAML reads them as text.
func quoteYAML(s string) string {
	if nameForm.MatchString(s) && s[0] >= 'a' && s != "true" && s != "false" && s != "null" && s != "yes" && s != "no" && s != "on" && s != "off" {
		return s
	}
	return strconv.QuoteToASCII(s)
}
