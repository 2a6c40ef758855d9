// trimimage FILE: blanks the text of PTX that nvcc -lineinfo stores in every machine code of a fat binary, in place. It
// is more than a third of the packed file, and is there for a profiler's view of PTX alone: profilers and sanitizers find
// the lines of the source in other sections. No size changes, and no line of the text moves. Machine code that
// nvcc compressed stays as it is.
package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
)

func main() {
	if err := trim(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "trimimage:", err)
		os.Exit(1)
	}
}

func trim(arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("want the name of one file, got %d arguments", len(arguments))
	}
	image, err := os.ReadFile(arguments[0])
	if err != nil {
		return err
	}
	if err := blank(image); err != nil {
		return fmt.Errorf("%s: %w", arguments[0], err)
	}
	return os.WriteFile(arguments[0], image, 0o644)
}

// machineCUDA is the processor of machine code for NVIDIA's GPU.
const machineCUDA = 190

// textSection holds the text of PTX; lines end in a zero byte.
const textSection = ".nv_debug_ptx_txt"

// textOf finds the text of PTX in the machine code that begins here; nil if there is none, or if the bytes only look like
// the beginning of machine code.
func textOf(image []byte) *elf.Section {
	const version, end = 20, 24 // where the header has its version, which NVIDIA counts in its own way
	if len(image) < end {
		return nil
	}
	one := bytes.Clone(image)
	binary.LittleEndian.PutUint32(one[version:], uint32(elf.EV_CURRENT))
	file, err := elf.NewFile(bytes.NewReader(one))
	if err != nil || file.Machine != machineCUDA {
		return nil
	}
	return file.Section(textSection)
}

// blank replaces the text of PTX in all machine code of an image by spaces.
func blank(image []byte) error {
	magic := append([]byte(elf.ELFMAG), byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB))
	for at := 0; ; at += len(magic) {
		next := bytes.Index(image[at:], magic)
		if next < 0 {
			return nil
		}
		at += next
		section := textOf(image[at:])
		if section == nil {
			continue
		}
		if section.Offset+section.Size > uint64(len(image)-at) {
			return fmt.Errorf("section %s of %d bytes at %d reaches beyond the end", textSection, section.Size, section.Offset)
		}
		text := image[at:][section.Offset:][:section.Size]
		for i, b := range text {
			if b != 0 {
				text[i] = ' '
			}
		}
	}
}
