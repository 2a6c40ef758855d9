package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// machineCode is an ELF file of the given processor with three sections: code, the text of PTX, and names.
func machineCode(t *testing.T, machine elf.Machine, code, text []byte) []byte {
	t.Helper()
	const head, entry = 64, 64
	names := []byte("\x00.text\x00" + textSection + "\x00.shstrtab\x00")
	at := head
	var body bytes.Buffer
	sections := []elf.Section64{{}}
	for i, content := range [][]byte{code, text, names} {
		sections = append(sections, elf.Section64{Name: []uint32{1, 7, 25}[i], Type: []uint32{1, 1, 3}[i], Off: uint64(at), Size: uint64(len(content)), Addralign: 1})
		body.Write(content)
		at += len(content)
	}
	header := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: 118, Shoff: uint64(at), Ehsize: head, Shentsize: entry,
		Shnum: uint16(len(sections)), Shstrndx: 3}
	copy(header.Ident[:], append([]byte(elf.ELFMAG), byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), 1))
	var out bytes.Buffer
	for _, part := range []any{header, body.Bytes(), sections} {
		if err := binary.Write(&out, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

// TestTextOfPTXIsBlanked: in every machine code of an image and nowhere else, in lines of the same length.
func TestTextOfPTXIsBlanked(t *testing.T) {
	code := []byte("\x7fELF\x02\x01 code and .version 7.8")
	image := func(text string) []byte {
		one := machineCode(t, machineCUDA, code, []byte(text))
		other := machineCode(t, elf.EM_X86_64, code, []byte(".version 7.8\x00"))
		return bytes.Join([][]byte{[]byte("head of a fat binary"), one, other, one, []byte("compressed PTX")}, []byte{0, 0, 0})
	}
	path := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(path, image("\x00.version 7.8\x00\x00.func f\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := trim([]string{path}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := image("\x00            \x00\x00       \x00"); !bytes.Equal(got, want) {
		t.Errorf("the image is\n%q, want\n%q", got, want)
	}
}

// TestWhatIsNoImageStays: a file without machine code, and one that was cut.
func TestWhatIsNoImageStays(t *testing.T) {
	whole := machineCode(t, machineCUDA, []byte("code"), []byte("text\x00"))
	for _, content := range [][]byte{nil, []byte("image"), []byte(elf.ELFMAG), whole[:len(whole)-1], whole[:40]} {
		image := bytes.Clone(content)
		if err := blank(image); err != nil || !bytes.Equal(image, content) {
			t.Errorf("%q becomes %q, %v", content, image, err)
		}
	}
	if err := trim([]string{filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Error("a missing file is no error")
	}
	if err := trim(nil); err == nil {
		t.Error("no file is no error")
	}
}
