export default function HomePage() {
  return (
    <main>
      <h1>Voicepin</h1>
      <p>Text in, a permanent and verifiable IPFS address of its speech out.</p>
      <p>
        <code>POST /api/agents/vocalize</code> with <code>{'{"text":"Hello","voiceId":"slt"}'}</code>
      </p>
    </main>
  )
}
