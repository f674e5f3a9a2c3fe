package scenarios

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// schemaOf decodes the schema.
func schemaOf(t *testing.T) object {
	t.Helper()
	var o object
	if err := json.Unmarshal(Schema(), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// violations judges a value by the part of JSON Schema that Schema uses. It knows
// nothing of the parser.
func violations(o object, v any, path string) []string {
	if list, ok := o["anyOf"].([]any); ok {
		return oneOf(list, v, path, 1, 9)
	}
	if list, ok := o["oneOf"].([]any); ok {
		return oneOf(list, v, path, 1, 1)
	}
	switch o["type"] {
	case "object":
		return objectViolations(o, v, path)
	case "array":
		list, ok := v.([]any)
		if !ok {
			return []string{path + " is no list"}
		}
		var bad []string
		for i, item := range list {
			bad = append(bad, violations(o["items"].(object), item, fmt.Sprintf("%s.%d", path, i))...)
		}
		return bad
	case "integer":
		return integerViolations(o, v, path)
	case "boolean":
		if _, ok := v.(bool); !ok {
			return []string{path + " is no truth value"}
		}
	case "string":
		return stringViolations(o, v, path)
	default:
		return []string{fmt.Sprintf("%s: the schema has type %v", path, o["type"])}
	}
	return nil
}

func oneOf(list []any, v any, path string, low, high int) []string {
	matches := 0
	var bad []string
	for _, o := range list {
		one := violations(o.(object), v, path)
		if len(one) == 0 {
			matches++
		}
		bad = append(bad, one...)
	}
	if matches < low || matches > high {
		return append(bad, fmt.Sprintf("%s: %d alternatives match", path, matches))
	}
	return nil
}

func objectViolations(o object, v any, path string) []string {
	m, ok := v.(map[string]any)
	if !ok {
		return []string{path + " is no object"}
	}
	var bad []string
	properties := o["properties"].(object)
	for key, val := range m {
		if p, ok := properties[key].(object); ok {
			bad = append(bad, violations(p, val, path+"."+key)...)
		} else {
			bad = append(bad, path+" has no property "+key)
		}
	}
	if required, ok := o["required"].([]any); ok {
		for _, key := range required {
			if _, ok := m[key.(string)]; !ok {
				bad = append(bad, path+" lacks "+key.(string))
			}
		}
	}
	return bad
}

func integerViolations(o object, v any, path string) []string {
	rv := reflect.ValueOf(v)
	var f float64
	switch {
	case rv.CanInt():
		f = float64(rv.Int())
	case rv.CanUint():
		f = float64(rv.Uint())
	default:
		return []string{fmt.Sprintf("%s: %v is no integer", path, v)}
	}
	if low, ok := o["minimum"].(float64); ok && f < low {
		return []string{path + " is too small"}
	}
	if high, ok := o["maximum"].(float64); ok && f > high {
		return []string{path + " is too large"}
	}
	return nil
}

func stringViolations(o object, v any, path string) []string {
	s, ok := v.(string)
	if !ok {
		return []string{fmt.Sprintf("%s: %v is no text", path, v)}
	}
	if p, ok := o["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(s) {
		return []string{path + " does not match " + p}
	}
	if words, ok := o["enum"].([]any); ok && !slices.Contains(words, any(s)) {
		return []string{path + " is none of the words"}
	}
	return nil
}

func TestCatalogueValidatesBySchema(t *testing.T) {
	schema := schemaOf(t)
	for _, name := range Names() {
		data, _ := Source(name)
		var v map[string]any
		if err := yaml.Unmarshal(data, &v); err != nil {
			t.Fatal(err)
		}
		for _, bad := range violations(schema, v, name) {
			t.Error(bad)
		}
	}
}

// Every file that the parser refuses for a single field is refused by the schema
// too, as far as the two look at the same things.
func TestSchemaRefusesWhatTheParserRefuses(t *testing.T) {
	schema := schemaOf(t)
	refused := 0
	for _, c := range badFiles {
		var v map[string]any
		if c.name == "hexadecimal" || yaml.Unmarshal([]byte(c.text), &v) != nil || v == nil {
			continue
		}
		if len(violations(schema, v, c.name)) > 0 {
			refused++
		} else if strings.Contains(c.says, "is not a") || strings.Contains(c.says, "no field") || strings.Contains(c.says, "is none of") {
			t.Errorf("%s: the schema accepts %q", c.name, c.text)
		}
	}
	if refused < 12 {
		t.Errorf("the schema refuses only %d of the bad files", refused)
	}
}

// paths lists the properties of the schema as the parser's paths.
func paths(o object, prefix string, into map[string]bool) {
	for _, alternative := range []string{"oneOf"} {
		list, _ := o[alternative].([]any)
		for _, a := range list {
			paths(a.(object), prefix, into)
		}
	}
	if items, ok := o["items"].(object); ok {
		paths(items, prefix, into)
	}
	properties, _ := o["properties"].(object)
	for key, p := range properties {
		into[join(prefix, key)] = true
		if d := p.(object)["description"]; d == nil || d == "" {
			into[join(prefix, key)+" without description"] = true
		}
		paths(p.(object), join(prefix, key), into)
	}
}

func TestSchemaAndParserHaveTheSameFields(t *testing.T) {
	inSchema, inParser := map[string]bool{}, map[string]bool{}
	paths(schemaOf(t), "", inSchema)
	walk(root, func(f *field) { inParser[f.path] = true })
	for _, id := range []string{"id", "weight", "spare"} {
		inParser["analysers."+id] = true
	}
	for p := range inSchema {
		if !inParser[p] {
			t.Errorf("only in the schema: %s", p)
		}
	}
	for p := range inParser {
		if !inSchema[p] {
			t.Errorf("only in the parser: %s", p)
		}
	}
	if len(inParser) < 90 {
		t.Errorf("%d fields: the description was not walked", len(inParser))
	}
}

func walk(g *field, visit func(*field)) {
	for _, f := range g.children {
		visit(f)
		walk(f, visit)
	}
}

// The schema is part of the interface: its text is kept, so that a change shows.
func TestSchemaGolden(t *testing.T) {
	path := filepath.Join("testdata", "scenario.schema.json")
	if os.Getenv("WEIR_UPDATE") != "" {
		if err := os.WriteFile(path, Schema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(Schema()) {
		t.Errorf("the schema changed: WEIR_UPDATE=1 go test rewrites %s", path)
	}
}
