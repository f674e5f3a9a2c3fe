package scenarios

import (
	"fmt"

	"weir/system/node"
	"weir/system/wire"
)

// Codecs are the names that CodecNamed knows.
func Codecs() []string { return []string{"none", "proto", "json"} }

// CodecNamed returns a codec for Options: none (or the empty name) is nil, which
// hands messages over as they are; proto is that of gRPC, json that of HTTP.
func CodecNamed(name string) (node.Codec, error) {
	switch name {
	case "", "none":
		return nil, nil
	case "proto":
		return wire.Codec{}, nil
	case "json":
		return wire.JSON{}, nil
	}
	return nil, fmt.Errorf("codec %q: want one of %v", name, Codecs())
}
