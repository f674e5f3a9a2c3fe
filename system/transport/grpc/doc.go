// Package grpc carries the messages of real nodes over gRPC: streams of frames with
// several items each, as system/wire/proto describes them. It is a driver.Link for
// what a node sends, and a server for what others send to it.
//
// A node opens a stream to another node when it first has something to send, one for
// packets and one for probes, on connections of their own: so a probe does not wait
// behind a full window of packets, and a fault can hit one and not the other. The
// answers to what a stream brought go back on it. A stream that breaks fails the
// requests that it left open.
//
// It dials and listens only with what it is handed. It does not know what the
// messages mean; that is the actors' business. It imports system/driver, system/node,
// system/message, system/transport and system/wire; programs that boot real nodes
// import it.
package grpc
