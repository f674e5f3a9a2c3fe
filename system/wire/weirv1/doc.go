// Package weirv1 holds the generated types of weir's wire format, version 1: the
// messages of ../proto/weir/v1, without the services. Use package wire to convert
// from and to them; nothing inside a node knows them.
package weirv1
