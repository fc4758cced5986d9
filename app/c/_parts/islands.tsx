'use client'

// The parts of the playground that pages made on the server have, too.
export { AddressList } from '../../_playground/address-list.tsx'
export { Player } from '../../_playground/player.tsx'
export { VerifyPanel } from '../../_playground/verify-panel.tsx'
