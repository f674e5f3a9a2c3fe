// Package wire has the encodings of weir's messages: conversions between the plain
// values of system/message and the generated protobuf types of weirv1, or the JSON
// forms that HTTP carries, and a node.Codec made of each, through which the simulation
// can pass every message. The schema in proto/ and openapi.yaml of the HTTP transport
// are what emitters and analysers in other languages use.
//
// The conversions are strict, for what arrives may come from anyone: sizes,
// names, ranges and UTF-8 are checked, a packet must agree with its count, size
// and hash, and what memory a message takes is bounded by its length. Unknown
// fields are dropped in protobuf and refused in JSON. An error names the field and
// its value, and is one of ErrInvalid, ErrSyntax (of JSON), node.ErrTooLarge and
// message.ErrHash.
//
// Encoded bytes are not the same from build to build: never hash or compare
// them. A packet's own hash is over its entries, not over their encoding.
//
// The package knows no actor and no socket. The stubs of the services are apart,
// in weirv1grpc, so that nobody links grpc for the messages alone. Transports
// and the tests of scenarios import it.
package wire
