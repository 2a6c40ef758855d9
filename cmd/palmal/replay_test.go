package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
)

// A recording is read alike whether it is packed or not; one that is cut off, or that would unpack to
// more than there is memory, is an error and no end of the file.
func TestRecordingsAreUnpacked(t *testing.T) {
	text := strings.Repeat("recording ", 1000)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte(text)); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]string{"plain": text, "packed": packed.String()} {
		out, err := unpacked(strings.NewReader(in))
		if err != nil {
			t.Fatal(err)
		}
		if read, err := io.ReadAll(out); err != nil || string(read) != text {
			t.Errorf("%s: %d bytes, error %v", name, len(read), err)
		}
	}
	out, err := unpacked(bytes.NewReader(packed.Bytes()[:packed.Len()-9]))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(out); err == nil {
		t.Error("a recording that is cut off is read to its end")
	}
	if read, err := io.ReadAll(&limited{strings.NewReader(text), 100}); err == nil || len(read) != 100 {
		t.Errorf("%d bytes of at most 100, error %v", len(read), err)
	}
}
