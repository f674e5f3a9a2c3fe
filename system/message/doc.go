// Package message holds the messages that weir's nodes exchange: plain values,
// immutable once sent. What they look like on a wire is a matter of the
// transports; nothing here knows of an encoding.
//
// The fields of a log message map one to one onto the OpenTelemetry log data
// model (time, severity number and text, body, attributes, resource).
//
// The package imports system/node and system/record; every role imports it.
package message
