# racktwin_embed(TARGET SYMBOL FILE): links a file's bytes into a target, between the symbols racktwin_embedded_SYMBOL and
# racktwin_embedded_SYMBOL_end; a zero byte follows.
function(racktwin_embed target symbol file)
  set(assembly ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.S)
  set(name racktwin_embedded_${symbol})
  file(CONFIGURE OUTPUT ${assembly} CONTENT
".section .rodata
.global ${name}
.global ${name}_end
${name}:
.incbin \"${file}\"
${name}_end:
.byte 0
.section .note.GNU-stack,\"\",%progbits
")
  set_source_files_properties(${assembly} PROPERTIES OBJECT_DEPENDS ${file})
  target_sources(${target} PRIVATE ${assembly})
endfunction()
