package scenarios

import (
	"fmt"

	"weir/system/node"
	"weir/system/wire"
)

// Codecs are the names that CodecNamed knows.
func Codecs() []string { return []string{"none", "proto"} }

// CodecNamed returns a codec for Options: none (or the empty name) is nil, which
// hands messages over as they are; proto is that of the real transports.
func CodecNamed(name string) (node.Codec, error) {
	switch name {
	case "", "none":
		return nil, nil
	case "proto":
		return wire.Codec{}, nil
	}
	return nil, fmt.Errorf("codec %q: want one of %v", name, Codecs())
}
