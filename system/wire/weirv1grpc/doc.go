// Package weirv1grpc holds the generated grpc stubs of weir's services, of
// ../proto/weir/v1/services.proto. They are apart from the messages so that only
// transports link grpc. Transports alone import it.
package weirv1grpc
