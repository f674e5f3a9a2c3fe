package scenarios

import (
	"encoding/json"
	"reflect"
)

// SchemaID is the identifier of the schema of this form.
const SchemaID = "urn:weir:scenario:1"

// Schema is a JSON Schema (draft 2020-12) of the scenario form, made from the
// same description that the parser works by. What depends on several fields is
// left to the parser.
func Schema() []byte {
	top := schemaGroup(root, reflect.ValueOf(Default()).Elem())
	top["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	top["$id"] = SchemaID
	top["title"] = "weir scenario"
	top["required"] = []string{"name"}
	data, err := json.MarshalIndent(top, "", "  ")
	assert(err == nil, "the schema is plain data: %v", err)
	return append(data, '\n')
}

type object = map[string]any

// schemaGroup describes a group; defaults holds the values that count when a key
// is left out, or is invalid for items of lists.
func schemaGroup(g *field, defaults reflect.Value) object {
	properties := object{}
	for _, f := range g.children {
		var def reflect.Value
		if defaults.IsValid() {
			def = defaults.Field(f.index)
		}
		properties[f.key] = schemaField(f, def)
	}
	return object{"type": "object", "additionalProperties": false, "properties": properties}
}

func schemaField(f *field, def reflect.Value) object {
	var o object
	switch f.kind {
	case kindGroup:
		o = schemaGroup(f, def)
	case kindAnalysers:
		item := schemaGroup(f.elem, reflect.Value{})
		item["required"] = []string{"id"}
		o = object{"oneOf": []object{
			{"type": "array", "maxItems": listMax, "items": item},
			schemaGroup(f, reflect.Value{}),
		}}
	case kindList:
		o = object{"type": "array", "maxItems": listMax, "items": schemaScalar(f.elem)}
	default:
		o = schemaScalar(f)
		if def.IsValid() {
			o["default"] = schemaDefault(f, def)
		}
	}
	o["description"] = f.help
	return o
}

// schemaDefault is a default as JSON.
func schemaDefault(f *field, def reflect.Value) any {
	switch f.kind {
	case kindInt, kindBool:
		return def.Interface()
	}
	return f.text(def)
}

// schemaScalar describes a scalar: the patterns are those of the parser.
func schemaScalar(f *field) object {
	switch f.kind {
	case kindBool:
		return object{"type": "boolean"}
	case kindInt:
		o := object{"type": "integer"}
		f.schemaRange(o)
		return o
	case kindText, kindPlan:
		o := object{"type": "string"}
		if f.enum != nil {
			o["enum"] = f.enum
		}
		return o
	}
	text := object{"type": "string", "pattern": forms[f.kind].pattern}
	if f.ranged {
		text["$comment"] = "from " + f.lowText + " to " + f.highText
	}
	if f.kind != kindBytes && f.kind != kindSpan {
		return text
	}
	whole := object{"type": "integer"}
	f.schemaRange(whole)
	return object{"anyOf": []object{whole, text}}
}

func (f *field) schemaRange(o object) {
	if f.ranged {
		o["minimum"], o["maximum"] = f.low, f.high
	}
}
