# The tiny guest: 64 KiB of ROM in place of the BIOS (qemu -bios tiny.rom), ready in
# some 50 ms. It runs on every accelerator, software KVM included, and shows that a VM lives,
# hears its console and obeys its power button, without an operating system.
#
# On COM1 it prints "tiny guest ready". Then:
#   p                        powers off           (ACPI, machines pc and q35)
#   r                        resets
#   the ACPI power button    powers off
#   any other byte           is printed again
#
# 32-bit protected mode, flat. Between events the CPU halts; a timer wakes it 100
# times a second to look at the power button, the serial port's interrupt at once.
#
# Memory: code and constants stay in the ROM, 64 KiB below 4 GiB, where it is linked
# to; the interrupt table lies at 0 in RAM, one variable and the stack above it.

        .intel_syntax noprefix
        .section .text
        .globl start

        .set    COM1, 0x3f8
        .set    PM_BASE, 0x600          # where we put the ACPI registers
        .set    PM1_STS, PM_BASE + 0
        .set    PM1_EN, PM_BASE + 2
        .set    PM1_CNT, PM_BASE + 4
        .set    POWER_BUTTON, 1 << 8    # in PM1_STS and PM1_EN
        .set    SLEEP_NOW, 1 << 13      # in PM1_CNT, with sleep type 0: qemu's soft off

        .set    IDT, 0                  # in RAM: 256 gates of 8 bytes
        .set    HAVE_POWER, 0x1000      # a byte
        .set    STACK, 0x7000

rom:
        .code32
start:
        mov     ax, 0x10
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     esp, STACK
        cld

        call    uart_init
        call    power_init
        call    interrupts_init

        mov     esi, offset banner
        call    print
        sti

idle:
        hlt
next:
        call    button_pressed
        jnz     power_off
        mov     dx, COM1 + 5            # LSR: has a byte come?
        in      al, dx
        test    al, 1
        jz      idle
        mov     dx, COM1
        in      al, dx
        cmp     al, 'p'
        je      power_off
        cmp     al, 'r'
        je      reset
        call    put
        jmp     next                    # there may be more bytes in the FIFO

# --- serial port --------------------------------------------------------------

uart_init:
        mov     dx, COM1 + 3            # LCR: divisor latch
        mov     al, 0x80
        out     dx, al
        mov     dx, COM1                # 115200 baud
        mov     al, 1
        out     dx, al
        mov     dx, COM1 + 1
        mov     al, 0
        out     dx, al
        mov     dx, COM1 + 3            # 8N1
        mov     al, 3
        out     dx, al
        mov     dx, COM1 + 2            # FIFO on and empty, interrupt at one byte
        mov     al, 0x07
        out     dx, al
        mov     dx, COM1 + 4            # DTR, RTS, and OUT2, which lets interrupts through
        mov     al, 0x0b
        out     dx, al
        mov     dx, COM1 + 1            # interrupt when a byte has come
        mov     al, 1
        out     dx, al
        ret

# Prints al once the transmitter has room for it.
put:
        mov     ah, al
        mov     dx, COM1 + 5
1:      in      al, dx
        test    al, 0x20
        jz      1b
        mov     al, ah
        mov     dx, COM1
        out     dx, al
        ret

# Prints the text at esi up to its zero byte.
print:
        lodsb
        test    al, al
        jz      1f
        call    put
        jmp     print
1:      ret

# Waits until the last byte has left, so that nothing is lost when the VM ends.
drain:
        mov     dx, COM1 + 5
1:      in      al, dx
        test    al, 0x40
        jz      1b
        ret

# --- power --------------------------------------------------------------------

# PCI configuration address eax (type 1) for the next access of 0xcfc.
pci_select:
        mov     dx, 0xcf8
        out     dx, eax
        mov     dx, 0xcfc
        ret

# A firmware's job: give the ACPI registers of the chipset an address, switch them
# on and let the power button set its status bit. Leaves [HAVE_POWER] = 1 in RAM where it could.
power_init:
        mov     byte ptr [HAVE_POWER], 0
        mov     eax, 0x80000b00         # 00:01.3, PIIX4 power management (machine pc)
        call    pci_select
        in      eax, dx
        cmp     eax, 0x71138086
        je      piix4
        mov     eax, 0x8000f800         # 00:1f.0, ICH9 (machine q35)
        call    pci_select
        in      eax, dx
        cmp     eax, 0x29188086
        je      ich9
        ret                             # no ACPI here (isapc, microvm)
piix4:
        mov     eax, 0x80000b40         # PMBASE
        call    pci_select
        mov     eax, PM_BASE | 1
        out     dx, eax
        mov     eax, 0x80000b80         # PMREGMISC: enable
        call    pci_select
        mov     al, 1
        out     dx, al
        jmp     enable_button
ich9:
        mov     eax, 0x8000f840         # PMBASE
        call    pci_select
        mov     eax, PM_BASE | 1
        out     dx, eax
        mov     eax, 0x8000f844         # ACPI_CNTL: enable
        call    pci_select
        mov     al, 0x80
        out     dx, al
enable_button:
        mov     dx, PM1_STS             # writing ones clears what is set
        mov     ax, 0xffff
        out     dx, ax
        # qemu sets the status bit only if the button is enabled. That raises the SCI
        # too, but its line stays masked: the timer finds the bit.
        mov     dx, PM1_EN
        mov     ax, POWER_BUTTON
        out     dx, ax
        mov     byte ptr [HAVE_POWER], 1
        ret

# Not zero if the power button has been pressed.
button_pressed:
        cmp     byte ptr [HAVE_POWER], 0
        je      1f
        mov     dx, PM1_STS
        in      ax, dx
        test    ax, POWER_BUTTON
1:      ret

power_off:
        mov     esi, offset no_power
        cmp     byte ptr [HAVE_POWER], 0
        je      1f
        mov     esi, offset going_off
        call    print
        call    drain
        mov     dx, PM1_CNT
        mov     ax, SLEEP_NOW
        out     dx, ax
        cli                             # a VM may run on for a moment
        hlt
1:      call    print
        jmp     idle

reset:
        mov     esi, offset resetting
        call    print
        call    drain
        mov     al, 0xfe                # keyboard controller, on every PC
        out     0x64, al
1:      hlt
        jmp     1b

# --- interrupts ---------------------------------------------------------------

# The timer (IRQ 0) and COM1 (IRQ 4), only to wake the CPU.
interrupts_init:
        mov     edi, IDT                # every vector leads to the same handler
        mov     ecx, 256
1:      mov     eax, offset woken
        mov     [edi], ax
        mov     word ptr [edi + 2], 0x08
        mov     word ptr [edi + 4], 0x8e00
        shr     eax, 16
        mov     [edi + 6], ax
        add     edi, 8
        loop    1b
        lidt    [idt_pointer]

        # The local APIC comes out of reset with the pin to which the PIC is wired
        # masked, and qemu 7.2 heeds that (TCG) even when the APIC is switched off.
        mov     dword ptr ds:0xfee000f0, 0x1ff  # spurious vector 0xff; enable
        mov     dword ptr ds:0xfee00350, 0x700  # LINT0: the PIC's interrupts

        mov     al, 0x11                # first PIC: vectors from 0x20
        out     0x20, al
        mov     al, 0x20
        out     0x21, al
        mov     al, 0x04
        out     0x21, al
        mov     al, 0x01
        out     0x21, al
        mov     al, 0xee                # all masked but 0 and 4
        out     0x21, al
        mov     al, 0xff                # second PIC: all masked
        out     0xa1, al
        mov     al, 0x34                # PIT channel 0: 1193182 / 11932 = 100 Hz
        out     0x43, al
        mov     al, 11932 & 0xff
        out     0x40, al
        mov     al, 11932 >> 8
        out     0x40, al
        ret

woken:
        push    eax
        mov     al, 0x20
        out     0x20, al
        pop     eax
        push    dword ptr [esp + 8]     # what iret would do, which software KVM does not
        popfd                           # know in protected mode: the flags, and back,
        ret     8                       # over the code segment and the flags

banner:         .asciz  "tiny guest ready\r\n"
going_off:      .asciz  "tiny guest: power off\r\n"
no_power:       .asciz  "tiny guest: this machine has no ACPI power off\r\n"
resetting:      .asciz  "tiny guest: reset\r\n"

        .balign 8
# Marked as accessed: the CPU must not try to do so in a ROM (software KVM hangs there).
gdt:    .quad   0
        .quad   0x00cf9b000000ffff      # 0x08: code, base 0, limit 4 GiB
        .quad   0x00cf93000000ffff      # 0x10: data
gdt_pointer:
        .word   . - gdt - 1
        .long   gdt
idt_pointer:
        .word   256 * 8 - 1
        .long   IDT

# --- where the CPU starts -----------------------------------------------------

# In real mode, 16 bytes below 4 GiB, with a code segment that begins at this ROM.
        .code16
        .org    0xffc0
enter:
        cli
        data32 lgdt cs:[gdt_pointer - rom]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        ljmpd   0x08, offset start
        .org    0xfff0
        jmp     enter
        .org    0xffff
        .byte   0
